-- The countries that articles are about. Those of articles stored so far are found by the next retag or replay.

CREATE TABLE article_places (
    article_id VARCHAR NOT NULL,
    country VARCHAR NOT NULL,
    mentions INTEGER NOT NULL,
    in_title BOOLEAN NOT NULL
);
