-- Which topics an earlier version matched when it was replaced; NULL for versions stored before this column was there.
ALTER TABLE article_revisions ADD COLUMN topics VARCHAR[];

-- Of which text the views, macros and comments that stand in this file were made.
CREATE TABLE pipeline.definitions (hash VARCHAR NOT NULL);
