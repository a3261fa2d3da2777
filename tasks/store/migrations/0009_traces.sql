-- By what a page may be recognised under another address (tasks/store/traces.py): numbers made of what its entries have
-- as source and id, of the address where redirects ended, and of its article's site and text. Beside each the page, its
-- id as a number. Rows are only ever added: what is found is compared with what the page has by now.
CREATE TABLE pipeline.traces (
    trace UBIGINT NOT NULL,
    page UBIGINT NOT NULL
);
INSERT INTO pipeline.traces
SELECT trace, page FROM (
    SELECT md5_number_lower(concat_ws(' ', 'entry', source_id, entry_id)) AS trace,
           TRY_CAST('0x' || page_id AS UBIGINT) AS page
    FROM entries
    UNION ALL
    SELECT md5_number_lower('target ' || final_url), TRY_CAST('0x' || page_id AS UBIGINT)
    FROM pages WHERE final_url IS NOT NULL
    UNION ALL
    SELECT md5_number_lower(concat_ws(' ', 'text', a.site, coalesce(a.page_hash, a.content_hash))),
           TRY_CAST('0x' || p.page_id AS UBIGINT)
    FROM articles AS a JOIN pages AS p ON p.article_id = a.article_id AND p.outcome = 'article'
)
WHERE page IS NOT NULL;
