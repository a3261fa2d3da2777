-- The inverted index of search(q), and the vectors of related(article_id).

CREATE SCHEMA fts;

-- A version of an article that is indexed; `doc` counts up, and `length` is in words, the title's included. An article's
-- earlier version leaves this table when the next one is indexed; its postings stay until their segment is merged.
CREATE TABLE fts.documents (
    doc UINTEGER NOT NULL,
    article_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    content_hash VARCHAR NOT NULL,
    length USMALLINT NOT NULL
);

-- Every word of every language: in small letters, without accents (folded), and its stem without accents; NULL where no
-- stemmer could be loaded.
CREATE TABLE fts.words (
    word_id UINTEGER NOT NULL,
    language VARCHAR NOT NULL,
    word VARCHAR NOT NULL,
    folded VARCHAR NOT NULL,
    stem VARCHAR
);

-- Which document holds which word: occurrences in the text and five for each in the title, at most 15. Sorted by word
-- within each segment.
CREATE TABLE fts.postings (
    word_id UINTEGER NOT NULL,
    doc UINTEGER NOT NULL,
    weight UTINYINT NOT NULL
);

-- Runs of documents whose postings are sorted together.
CREATE TABLE fts.segments (
    first_doc UINTEGER NOT NULL,
    last_doc UINTEGER NOT NULL
);

CREATE TABLE article_vectors (
    article_id VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    vector TINYINT[256] NOT NULL
);
