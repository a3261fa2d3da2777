-- All evidence for the date of an article, and what is learned about a site from its pages.

CREATE TABLE article_dates (
    article_id VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL,
    value TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    chosen BOOLEAN NOT NULL
);

-- Of articles stored so far only what was believed is known; a replay finds the rest.
INSERT INTO article_dates
SELECT article_id, published_from, published_at, CAST(published_at AS DATE), true FROM articles ORDER BY article_id;

-- The content hash of the text with the paragraphs that the site's pages share; NULL: the same as content_hash.
ALTER TABLE articles ADD COLUMN page_hash VARCHAR;

-- The newest articles of each site: their short paragraphs, and how old they were when they were fetched. Not `is_counted`
-- before the site's profile was made anew; `awaits_cleaning` where a paragraph of the text became known since.
CREATE TABLE pipeline.site_pages (
    site VARCHAR NOT NULL,
    article_id VARCHAR NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    age_days INTEGER,
    blocks UBIGINT[] NOT NULL,
    is_counted BOOLEAN NOT NULL,
    awaits_cleaning BOOLEAN NOT NULL
);

-- What these pages taught: the paragraphs that they share, and how old most of them are at most.
CREATE TABLE pipeline.site_profiles (
    site VARCHAR NOT NULL,
    usual_age_days INTEGER,
    blocks UBIGINT[] NOT NULL
);
