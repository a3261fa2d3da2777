-- Views and macros of news.duckdb; made anew whenever the state database is opened.
-- make_timestamp(epoch_us(now())) is the time in UTC without the icu extension and whatever the session's time zone.

CREATE OR REPLACE VIEW source_health AS
WITH since AS (
    SELECT make_timestamp(epoch_us(now())) - INTERVAL 7 DAY AS week
), new_entries AS (
    SELECT source_id, count(*) AS n FROM entries, since WHERE first_seen_at >= week GROUP BY source_id
), usual AS (
    -- What seven days usually bring, from the four weeks before; what the first day brought is the feed's backlog.
    SELECT e.source_id, round(7 * count(*) / max(least(28, date_diff('day', b.first_day, week))), 1) AS n
    FROM entries AS e, since
    JOIN (SELECT source_id, min(polled_at) + INTERVAL 1 DAY AS first_day FROM polls GROUP BY source_id) AS b
        ON b.source_id = e.source_id
    WHERE e.first_seen_at >= greatest(b.first_day, week - INTERVAL 28 DAY) AND e.first_seen_at < week
        AND date_diff('day', b.first_day, week) >= 7
    GROUP BY e.source_id
), new_articles AS (
    SELECT source_id, count(*) AS n FROM articles, since WHERE fetched_at >= week GROUP BY source_id
), waits AS (
    -- Hosts that have asked to be left alone; the name is that of tasks.urls.host.
    SELECT host, until FROM pipeline.hosts WHERE until > make_timestamp(epoch_us(now()))
)
SELECT
    s.source_id,
    CASE
        WHEN p.last_poll_at IS NULL THEN 'never'
        WHEN p.last_outcome = 'gone' THEN 'gone'
        WHEN p.consecutive_failures > 0 THEN 'failing'
        WHEN u.n >= 3 AND coalesce(e.n, 0) < u.n / 5 THEN 'quiet'
        WHEN p.last_outcome = 'unchanged' THEN 'unchanged'
        ELSE 'ok'
    END AS status,
    p.last_poll_at,
    p.last_success_at,
    greatest(p.next_poll_at, w.until) AS next_poll_at,
    coalesce(p.consecutive_failures, 0) AS consecutive_failures,
    p.last_http_status,
    coalesce(p.last_error, w.host || ' asks to wait until ' || strftime(w.until, '%Y-%m-%d %H:%M UTC')) AS last_error,
    coalesce(e.n, 0) AS entries_7d,
    coalesce(a.n, 0) AS articles_7d,
    p.moved_to,
    u.n AS usual_entries_7d
FROM sources AS s
LEFT JOIN pipeline.poll_state AS p USING (source_id)
LEFT JOIN new_entries AS e USING (source_id)
LEFT JOIN new_articles AS a USING (source_id)
LEFT JOIN usual AS u USING (source_id)
LEFT JOIN waits AS w
    ON s.enabled AND p.last_outcome IS DISTINCT FROM 'gone'
    AND w.host = regexp_extract(
        lower(coalesce(p.url, s.url)), '^https?://(?:[^@/?#]*@)?([^/?#]+?)(?::(?:80|443))?(?:[/?#]|$)', 1)
WHERE s.removed_at IS NULL;

-- Every source and every day from one to another on which it was to be watched (but for the day on which that ended),
-- and whether it answered.
CREATE OR REPLACE MACRO source_days(since, until) AS TABLE
WITH days AS (
    SELECT unnest(generate_series(since::DATE, until::DATE, INTERVAL 1 DAY))::DATE AS day
), expected AS (
    SELECT DISTINCT w.source_id, d.day
    FROM source_watches AS w JOIN days AS d
        ON d.day >= w.watched_from::DATE AND d.day < coalesce(w.watched_until::DATE, 'infinity'::DATE)
), answered AS (
    SELECT DISTINCT source_id, polled_at::DATE AS day FROM polls
    WHERE outcome IN ('ok', 'unchanged') AND polled_at >= since::DATE AND polled_at < until::DATE + 1
)
SELECT e.source_id, e.day, a.source_id IS NOT NULL AS answered
FROM expected AS e LEFT JOIN answered AS a ON a.source_id = e.source_id AND a.day = e.day;

-- One row for every active topic and every day from the first article's to the last one's: a day without articles is a
-- row of zeros, and sources_ok against sources_expected tells whether anybody was looking.
CREATE OR REPLACE VIEW topic_daily AS
WITH days AS (
    SELECT unnest(generate_series(min(published_at)::DATE, max(published_at)::DATE, INTERVAL 1 DAY))::DATE AS day
    FROM articles
), every_article AS (
    SELECT published_at::DATE AS day, count(*) AS n FROM articles GROUP BY ALL
), matched AS (
    SELECT
        t.topic_id,
        a.published_at::DATE AS day,
        count(*) AS articles,
        count(DISTINCT a.text_id) AS unique_texts,
        count(DISTINCT a.story_id) AS stories
    FROM article_topics AS t JOIN articles AS a USING (article_id)
    GROUP BY ALL
), expected AS (
    SELECT day, count(*) AS n, count(*) FILTER (answered) AS ok
    FROM source_days((SELECT min(day) FROM days), (SELECT max(day) FROM days)) GROUP BY day
)
SELECT
    t.topic_id,
    d.day,
    coalesce(m.articles, 0) AS articles,
    coalesce(m.unique_texts, 0) AS unique_texts,
    coalesce(m.stories, 0) AS stories,
    coalesce(e.n, 0) AS all_articles,
    coalesce(m.articles / e.n, 0) AS share,
    coalesce(x.n, 0) AS sources_expected,
    coalesce(x.ok, 0) AS sources_ok
FROM (SELECT topic_id FROM topics WHERE active) AS t
CROSS JOIN days AS d
LEFT JOIN matched AS m ON m.topic_id = t.topic_id AND m.day = d.day
LEFT JOIN every_article AS e ON e.day = d.day
LEFT JOIN expected AS x ON x.day = d.day;
