-- Full-text search over the inverted index in schema fts, in plain SQL: any DuckDB client can call search(q).
-- The index is built by tasks/store/search.py. Words are compared without case and accents, and by the stem they have in
-- the language of the article; the dictionary fts.words knows it, so that no extension is needed here.

-- A string in small letters without accents, with the usual spelling of letters that are none with an accent.
CREATE OR REPLACE MACRO fts.fold(string) AS strip_accents(
    replace(replace(replace(replace(translate(string, 'øłđðħŧŋı', 'olddhtni'),
        'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss'), 'þ', 'th')
);

CREATE OR REPLACE MACRO fts.is_unspaced(string) AS regexp_matches(
    string,
    '[\p{Han}\p{Hiragana}\p{Katakana}\x{3005}\x{30FC}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]'
);

-- The words of a text in small letters. In scripts without spaces (and in Korean) they are the pairs of adjacent
-- characters, and the last character alone.
CREATE OR REPLACE MACRO fts.tokens(string) AS CASE
    WHEN NOT fts.is_unspaced(string) THEN regexp_extract_all(string, '[\p{L}\p{N}\p{M}]+')
    ELSE flatten(list_transform(
        regexp_extract_all(
            regexp_replace(
                string,
                '([\p{Han}\p{Hiragana}\p{Katakana}\x{3005}\x{30FC}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]+)',
                ' \1 ', 'g'),
            '[\p{L}\p{N}\p{M}]+'),
        lambda run: CASE
            WHEN fts.is_unspaced(run) THEN list_transform(range(1, length(run) + 1), lambda i: substr(run, i, 2))
            ELSE [run]
        END))
END;

-- A text with one space around each of its words, for finding phrases.
CREATE OR REPLACE MACRO fts.spaced(string) AS
    ' ' || trim(regexp_replace(fts.fold(lower(string)), '[^\p{L}\p{N}\p{M}]+', ' ', 'g')) || ' ';

-- A query in pieces: what lies between spaces, and what lies between quotation marks.
CREATE OR REPLACE MACRO fts.parts(q) AS regexp_extract_all(lower(q), '[-+]?"[^"]*"?|[^\s"]+');

-- A regular expression for folded words in a text that has only lost its accents: folding all texts takes far longer.
CREATE OR REPLACE MACRO fts.spellings(words) AS
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        words, 'o', '[oø]'), 'l', '[lł]'), 'd', '[dđð]'), 'h', '[hħ]'), 't', '[tŧ]'), 'n', '[nŋ]'), 'i', '[iı]'),
        '[oø]e', '(?:[oø]e|œ)'), 'ae', '(?:ae|æ)'), 'ss', '(?:ss|ß)'), '[tŧ][hħ]', '(?:[tŧ][hħ]|þ)');

-- A regular expression for texts that may hold one of the phrases of a query. It depends on q alone, so that it is
-- compiled once for all texts: `fts.spaced`, which then decides, takes seven times as long.
CREATE OR REPLACE MACRO fts.phrase_pattern(q) AS array_to_string(
    list_transform(
        list_filter(
            list_transform(fts.parts(q), lambda part: trim(fts.spaced(part))),
            lambda words: contains(words, ' ') OR fts.is_unspaced(words)),
        lambda words: replace(fts.spellings(words), ' ', '[^\p{L}\p{N}\p{M}]+')),
    '|');

-- The items of a query: a word, a beginning of words (prison*), or words in a row ("prison reform", covid-19); one with
-- a minus before it is what articles must not hold.
CREATE OR REPLACE MACRO fts.query_items(q) AS TABLE
WITH parts AS (
    SELECT unnest(fts.parts(q)) AS part
), items AS (
    SELECT
        row_number() OVER () AS item,
        starts_with(part, '-') AS excluded,
        contains(part, '"') AS quoted,
        regexp_matches(part, '[\p{L}\p{N}\p{M}]\*"?$') AS open_ended,
        fts.is_unspaced(part) AS unspaced,
        fts.tokens(part) AS tokens,
        fts.spaced(part) AS spaced
    FROM parts
), worded AS (
    -- Of a run of characters without spaces, the pairs say all.
    SELECT * EXCLUDE (tokens), list_filter(
        list_transform(
            CASE
                WHEN len(tokens) > 1 AND length(tokens[-1]) = 1 AND fts.is_unspaced(tokens[-1]) THEN tokens[:-2]
                ELSE tokens
            END,
            lambda token: fts.fold(token)),
        lambda word: word <> '') AS words
    FROM items
)
SELECT
    item,
    excluded,
    words,
    CASE
        WHEN open_ended OR unspaced AND length(spaced) = 3 THEN 'beginning'
        WHEN quoted OR unspaced OR len(words) > 1 THEN 'form'
        ELSE 'stem'
    END AS match,
    CASE
        WHEN unspaced THEN CASE WHEN length(spaced) > 4 THEN trim(spaced) END
        WHEN len(words) = 1 THEN NULL
        WHEN open_ended THEN rtrim(spaced)
        ELSE spaced
    END AS phrase
FROM worded WHERE len(words) > 0;

-- Endings that words have in one language or another: for words that no article has, and where there are no stems.
CREATE OR REPLACE MACRO fts.is_ending(string) AS regexp_matches(
    string,
    '^(e?s|e?d|ing|ly|ers?|[aeio]s?|is|en?|ns|x|ions?|[ae]nt[aeio]?s?|ic[aeo]s?|[\p{Cyrillic}\p{Greek}]{1,3})?$'
);

-- What each word of a query is looked up as: all forms of its stem in each language it is known in; the form itself
-- within a phrase; every word with that beginning. In a language in which it is not known its stem is the longest that
-- is left without one of the endings that words of that language lose, or one of which it is a form in between
-- (inspect, inspection, inspections). Where there are no stems, words that differ by an ending are forms of one another.
CREATE OR REPLACE MACRO fts.query_forms(q) AS TABLE
WITH split AS (
    SELECT item, excluded, match, len(words) AS last, unnest(words) AS word, generate_subscripts(words, 1) AS place
    FROM fts.query_items(q)
), asked AS (
    SELECT DISTINCT
        item,
        excluded,
        word,
        CASE WHEN match = 'beginning' AND place < last THEN 'form' ELSE match END AS match
    FROM split
), known AS (
    SELECT a.*, d.language, d.stem, d.word_id, d.folded
    FROM asked AS a JOIN fts.words AS d ON d.folded = a.word WHERE a.match <> 'beginning'
), cut AS (
    SELECT a.word, left(a.word, length(a.word) - length(e.ending)) || e.becomes AS stem, e.language, true AS is_stem
    FROM asked AS a JOIN fts.endings AS e ON ends_with(a.word, e.ending) AND length(a.word) >= length(e.ending) + 2
    WHERE match = 'stem'
    UNION
    SELECT a.word, left(a.word, n::INTEGER), NULL,
        a.word NOT IN (SELECT word FROM known) AND fts.is_ending(substr(a.word, n::INTEGER + 1))
    FROM asked AS a, range(3, length(a.word) + 1) AS r(n) WHERE match = 'stem'
    UNION
    SELECT a.word, left(a.word, -1) || 'i', NULL, true
    FROM asked AS a WHERE match = 'stem' AND ends_with(a.word, 'y') AND a.word NOT IN (SELECT word FROM known)
), guessed AS (
    SELECT c.word, d.word_id, d.folded
    FROM cut AS c JOIN fts.words AS d ON d.stem = c.stem AND d.language = coalesce(c.language, d.language)
    WHERE (c.word, d.language) NOT IN (SELECT (word, language) FROM known)
        AND (c.is_stem OR starts_with(d.folded, c.word)
            OR starts_with(c.word, d.folded) AND fts.is_ending(substr(c.word, length(d.folded) + 1)))
    QUALIFY rank() OVER (PARTITION BY c.word, d.language ORDER BY length(c.stem) DESC) = 1
), unstemmed AS (
    SELECT a.word, d.word_id, d.folded
    FROM asked AS a JOIN fts.words AS d ON d.stem IS NULL AND (
        starts_with(d.folded, a.word) AND fts.is_ending(substr(d.folded, length(a.word) + 1))
        OR starts_with(a.word, d.folded) AND fts.is_ending(substr(a.word, length(d.folded) + 1)))
    WHERE match = 'stem' AND length(d.folded) >= 3
)
SELECT item, excluded, word, word_id, folded AS form FROM known
UNION
SELECT k.item, k.excluded, k.word, d.word_id, d.folded
FROM known AS k JOIN fts.words AS d ON d.language = k.language AND d.stem = k.stem WHERE k.match = 'stem'
UNION
SELECT a.item, a.excluded, word, g.word_id, g.folded
FROM asked AS a JOIN (FROM guessed UNION FROM unstemmed) AS g USING (word) WHERE a.match = 'stem'
UNION
SELECT a.item, a.excluded, a.word, d.word_id, d.folded
FROM asked AS a JOIN fts.words AS d ON starts_with(d.folded, a.word) WHERE a.match = 'beginning';

-- Articles that hold every item of q and none that has a minus, best first by BM25 (Robertson and Zaragoza, "The
-- Probabilistic Relevance Framework", 2009; k1 = 1.2, b = 0.75), where a word in the title counts as five in the text.
CREATE OR REPLACE MACRO search(q) AS TABLE
WITH items AS MATERIALIZED (
    FROM fts.query_items(q)
), required AS (
    SELECT sum(len(list_distinct(words))) AS n FROM items WHERE NOT excluded
), forms AS MATERIALIZED (
    FROM fts.query_forms(q)
), held AS MATERIALIZED (
    SELECT f.item, f.excluded, f.word, p.doc, sum(p.weight) AS weight
    FROM fts.postings AS p JOIN forms AS f USING (word_id)
    GROUP BY ALL
), live AS MATERIALIZED (
    SELECT h.*, d.article_id, d.length FROM held AS h JOIN fts.documents AS d USING (doc)
), excluded AS (
    SELECT doc, item FROM live JOIN items AS i USING (item) WHERE i.excluded
    GROUP BY doc, item, i.words HAVING count(*) = len(list_distinct(i.words))
), known AS (
    SELECT count(*) AS articles, avg(length) AS length FROM fts.documents
), rarity AS (
    SELECT item, word, ln(1 + (any_value(k.articles) - count(*) + 0.5) / (count(*) + 0.5)) AS idf
    FROM live, known AS k WHERE NOT excluded
    GROUP BY item, word
), scored AS MATERIALIZED (
    SELECT
        doc,
        article_id,
        sum(r.idf * l.weight * 2.2 / (l.weight + 1.2 * (0.25 + 0.75 * l.length / k.length))) AS score
    FROM live AS l JOIN rarity AS r USING (item, word), known AS k
    WHERE doc NOT IN (SELECT x.doc FROM excluded AS x JOIN items AS i USING (item) WHERE i.phrase IS NULL)
    GROUP BY ALL HAVING count(*) = (SELECT n FROM required)
), phrased AS (
    -- Texts are read only where there are phrases to be found in them.
    SELECT s.doc, bool_and(i.excluded <> CASE
        WHEN regexp_matches(strip_accents(lower(a.title)), fts.phrase_pattern(q))
            OR regexp_matches(strip_accents(lower(a.text)), fts.phrase_pattern(q))
            THEN contains(fts.spaced(a.title), i.phrase) OR contains(fts.spaced(a.text), i.phrase)
        ELSE false
    END) AS holds
    FROM scored AS s
    JOIN items AS i ON i.phrase IS NOT NULL AND (NOT i.excluded OR (s.doc, i.item) IN (SELECT (doc, item) FROM excluded))
    JOIN articles AS a ON a.article_id = s.article_id
    GROUP BY s.doc
)
SELECT a.article_id, s.score, a.title, a.url, a.published_at
FROM scored AS s
JOIN articles AS a USING (article_id)
WHERE s.doc NOT IN (SELECT doc FROM phrased WHERE NOT holds)
ORDER BY s.score DESC, a.published_at DESC, a.article_id;

-- Every article with a vector, and how near in meaning it is to this vector of tasks/store/search_vectors.py: the cosine.
CREATE OR REPLACE MACRO fts.similar(wanted) AS TABLE
SELECT v.article_id, array_cosine_similarity(v.vector::FLOAT[256], w.vector) AS score
FROM article_vectors AS v, (SELECT wanted::FLOAT[256] AS vector) AS w;

-- The 100 articles nearest in meaning to one; none where the extra `semantic` is not installed.
CREATE OR REPLACE MACRO related(id) AS TABLE
WITH near AS (
    SELECT * FROM fts.similar((SELECT vector FROM article_vectors WHERE article_id = id))
    WHERE article_id <> id AND score > -1
    ORDER BY score DESC, article_id LIMIT 100
)
SELECT a.article_id, n.score, a.title, a.url, a.published_at
FROM near AS n JOIN articles AS a USING (article_id)
ORDER BY n.score DESC, a.article_id;
