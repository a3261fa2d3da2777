-- The tables that users query (schema main) and what only the pipeline reads (schema pipeline).
-- Large tables have no PRIMARY KEY: each checkpoint of one with a VARCHAR key costs seconds at a million rows. The one
-- writer keeps ids unique by anti-join; tests and `newsdesk doctor` check it.

CREATE TABLE sources (
    source_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    kind VARCHAR,
    country VARCHAR,
    language VARCHAR,
    tags VARCHAR[] NOT NULL,
    enabled BOOLEAN NOT NULL,
    added_at TIMESTAMP NOT NULL,
    removed_at TIMESTAMP
);

CREATE TABLE polls (
    run_id VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    polled_at TIMESTAMP NOT NULL,
    outcome VARCHAR NOT NULL,
    http_status INTEGER,
    entries INTEGER NOT NULL,
    entries_new INTEGER NOT NULL,
    bytes BIGINT NOT NULL,
    duration_ms INTEGER NOT NULL,
    error VARCHAR
);

CREATE TABLE entries (
    source_id VARCHAR NOT NULL,
    entry_id VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    page_id VARCHAR NOT NULL,
    title VARCHAR,
    published_at TIMESTAMP,
    first_seen_at TIMESTAMP NOT NULL,
    last_seen_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP,
    authors VARCHAR[] NOT NULL,
    summary VARCHAR,
    content_html VARCHAR,
    tags VARCHAR[] NOT NULL,
    image_url VARCHAR
);

CREATE TABLE pages (
    page_id VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    final_url VARCHAR,
    canonical_url VARCHAR,
    outcome VARCHAR NOT NULL,
    http_status INTEGER,
    attempts INTEGER NOT NULL,
    next_attempt_at TIMESTAMP,
    fetched_at TIMESTAMP,
    warc_file VARCHAR,
    warc_offset BIGINT,
    error VARCHAR,
    article_id VARCHAR,
    first_seen_at TIMESTAMP NOT NULL
);

CREATE TABLE articles (
    article_id VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    source_id VARCHAR,
    site VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    authors VARCHAR[] NOT NULL,
    published_at TIMESTAMP NOT NULL,
    published_from VARCHAR NOT NULL,
    fetched_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    language VARCHAR,
    text VARCHAR NOT NULL,
    excerpt VARCHAR NOT NULL,
    image_url VARCHAR,
    tags VARCHAR[] NOT NULL,
    word_count INTEGER NOT NULL,
    original_source VARCHAR,
    access VARCHAR NOT NULL,
    text_from VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    text_id VARCHAR NOT NULL,
    story_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL
);

CREATE TABLE article_revisions (
    article_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    title VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    fetched_at TIMESTAMP NOT NULL,
    content_hash VARCHAR NOT NULL
);

CREATE TABLE topics (
    topic_id VARCHAR NOT NULL,
    topic_version VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    query VARCHAR NOT NULL,
    min_score DOUBLE NOT NULL,
    model VARCHAR,
    since TIMESTAMP NOT NULL,
    active BOOLEAN NOT NULL
);

CREATE TABLE article_topics (
    article_id VARCHAR NOT NULL,
    topic_id VARCHAR NOT NULL,
    topic_version VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    evidence STRUCT(field VARCHAR, term VARCHAR, start INTEGER, "end" INTEGER, sentence VARCHAR)[] NOT NULL
);

CREATE TABLE stories (
    story_id VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    first_published_at TIMESTAMP NOT NULL,
    last_published_at TIMESTAMP NOT NULL,
    articles INTEGER NOT NULL,
    unique_texts INTEGER NOT NULL,
    sites INTEGER NOT NULL,
    origin_article_id VARCHAR NOT NULL
);

CREATE TABLE story_redirects (
    story_id VARCHAR NOT NULL,
    merged_into VARCHAR NOT NULL,
    merged_at TIMESTAMP NOT NULL
);

CREATE TABLE runs (
    run_id VARCHAR NOT NULL,
    flow VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    outcome VARCHAR NOT NULL,
    sources_polled INTEGER NOT NULL DEFAULT 0,
    sources_unchanged INTEGER NOT NULL DEFAULT 0,
    sources_failed INTEGER NOT NULL DEFAULT 0,
    entries_new INTEGER NOT NULL DEFAULT 0,
    pages_fetched INTEGER NOT NULL DEFAULT 0,
    pages_failed INTEGER NOT NULL DEFAULT 0,
    articles_new INTEGER NOT NULL DEFAULT 0,
    articles_updated INTEGER NOT NULL DEFAULT 0,
    topic_matches INTEGER NOT NULL DEFAULT 0,
    stories_new INTEGER NOT NULL DEFAULT 0,
    duration_s DOUBLE
);

CREATE SCHEMA pipeline;

CREATE TABLE pipeline.poll_state (
    source_id VARCHAR PRIMARY KEY,
    configured_url VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    kind VARCHAR,
    etag VARCHAR,
    last_modified VARCHAR,
    body_hash VARCHAR,
    interval_s DOUBLE,
    next_poll_at TIMESTAMP,
    last_poll_at TIMESTAMP,
    last_success_at TIMESTAMP,
    last_full_at TIMESTAMP,
    consecutive_failures INTEGER NOT NULL,
    last_http_status INTEGER,
    last_error VARCHAR,
    last_outcome VARCHAR,
    moved_to VARCHAR,
    moves_seen INTEGER NOT NULL
);

CREATE TABLE pipeline.robots (
    origin VARCHAR PRIMARY KEY,
    body VARCHAR NOT NULL,
    fetched_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);

-- Articles that are new or have another text since stories were last settled, with their fingerprints.
CREATE TABLE pipeline.arrivals (
    article_id VARCHAR NOT NULL,
    is_new BOOLEAN NOT NULL,
    published_at TIMESTAMP NOT NULL,
    language VARCHAR,
    content_hash VARCHAR NOT NULL,
    story_id VARCHAR NOT NULL,
    signature UINTEGER[] NOT NULL,
    terms UINTEGER[] NOT NULL,
    weights FLOAT[] NOT NULL
);

-- The texts with which new ones can be compared, each as its first article had it; forgotten after some weeks.
CREATE TABLE pipeline.texts (
    text_id VARCHAR NOT NULL,
    story_id VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    published_at TIMESTAMP NOT NULL,
    signature UINTEGER[] NOT NULL,
    terms UINTEGER[] NOT NULL,
    weights USMALLINT[] NOT NULL,
    joined_at TIMESTAMP NOT NULL
);

-- In how many texts a term was seen, all terms of a bucket together; and how many texts in each language.
CREATE TABLE pipeline.term_counts (
    bucket INTEGER NOT NULL,
    texts INTEGER NOT NULL
);

CREATE TABLE pipeline.language_counts (
    language VARCHAR NOT NULL,
    texts INTEGER NOT NULL
);

-- How far `backfill --warc` has read a file, for one choice of sites and languages.
CREATE TABLE pipeline.warc_files (
    warc_file VARCHAR NOT NULL,
    choice VARCHAR NOT NULL,
    size BIGINT NOT NULL,
    modified_ns BIGINT NOT NULL,
    next_offset BIGINT NOT NULL,
    records BIGINT NOT NULL,
    pages BIGINT NOT NULL,
    skipped MAP(VARCHAR, BIGINT) NOT NULL,
    problems VARCHAR[] NOT NULL,
    PRIMARY KEY (warc_file, choice)
);

-- How far a `replay` that was cut off has come; `task` names what it was to do, the code and the topics included.
CREATE TABLE pipeline.replays (
    task VARCHAR PRIMARY KEY,
    phase INTEGER NOT NULL,
    warc_file VARCHAR NOT NULL,
    warc_offset BIGINT NOT NULL
);
