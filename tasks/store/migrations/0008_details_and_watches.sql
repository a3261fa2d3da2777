-- Names and numbers of a text, by which copies are told from other fillings of a template; NULL for what was stored
-- before they were kept.
ALTER TABLE pipeline.arrivals ADD COLUMN details USMALLINT[];
ALTER TABLE pipeline.texts ADD COLUMN details USMALLINT[];

-- What stemmers take off the words of a language, and what they put in its place (parties: es, nothing; party: y, i).
CREATE TABLE fts.endings (
    language VARCHAR NOT NULL,
    ending VARCHAR NOT NULL,
    becomes VARCHAR NOT NULL
);

-- Letters that are no letter with an accent are spelled out by now, and -ões has the stem of -ão, -us that of -u.
UPDATE fts.words
SET folded = replace(replace(replace(replace(translate(folded, 'øłđðħŧŋı', 'olddhtni'),
        'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss'), 'þ', 'th'),
    stem = replace(replace(replace(replace(translate(stem, 'øłđðħŧŋı', 'olddhtni'),
        'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss'), 'þ', 'th')
WHERE regexp_matches(folded || coalesce(stem, ''), '[øłđðħŧŋıœæßþ]');
UPDATE fts.words SET stem = NULL
WHERE starts_with(language, 'pt') AND ends_with(word, 'ões') OR starts_with(language, 'fr') AND ends_with(word, 'us');

-- When each source was configured and enabled. What was disabled by now is taken for watched while it was polled.
CREATE TABLE source_watches (
    source_id VARCHAR NOT NULL,
    watched_from TIMESTAMP NOT NULL,
    watched_until TIMESTAMP
);
INSERT INTO source_watches
SELECT source_id, added_at, removed_at FROM sources WHERE enabled OR removed_at IS NOT NULL
UNION ALL
SELECT source_id, min(polled_at), max(polled_at) + INTERVAL 1 DAY
FROM sources JOIN polls USING (source_id) WHERE NOT enabled AND removed_at IS NULL GROUP BY source_id
ORDER BY ALL;
