-- What changed, how much attention a topic gets, and who was looking: made after views.sql.

-- One row for every step from one version of an article to the next. A paragraph is a line of the text. Joined by their
-- numbers rather than by a window, so that a query that asks for no paragraphs reads no texts. A step gains and loses only
-- topics of the configuration whose definition has stayed from the edit until its matches were noted: the next edit, or now.
CREATE OR REPLACE VIEW article_changes AS
WITH matches AS (
    SELECT article_id, list(topic_id ORDER BY topic_id) AS topics
    FROM article_topics SEMI JOIN article_revisions USING (article_id) GROUP BY article_id
), definitions AS (
    SELECT list({topic: topic_id, since: since, until: until}) AS of_topics
    FROM (
        SELECT topic_id, since, lead(since) OVER (PARTITION BY topic_id ORDER BY since) AS until FROM topics
        WHERE topic_id IN (SELECT topic_id FROM topics WHERE active)
    )
), edits AS (
    SELECT article_id, revision, fetched_at FROM article_revisions
    UNION ALL
    SELECT article_id, revision, updated_at FROM articles WHERE revision > 1
), versions AS (
    SELECT r.article_id, r.revision, r.title, r.text, r.fetched_at, r.topics, e.fetched_at AS replaced_at
    FROM article_revisions AS r
    LEFT JOIN edits AS e ON e.article_id = r.article_id AND e.revision = r.revision + 1
    WHERE r.revision > 1
    UNION ALL
    SELECT a.article_id, a.revision, a.title, a.text, a.updated_at, coalesce(m.topics, []), NULL
    FROM articles AS a LEFT JOIN matches AS m USING (article_id) WHERE a.revision > 1
), steps AS (
    SELECT
        article_id,
        v.revision,
        v.fetched_at AS changed_at,
        r.title AS title_before,
        v.title AS title_after,
        list_filter(string_split(r.text, chr(10)), lambda line: line <> '') AS before,
        list_filter(string_split(v.text, chr(10)), lambda line: line <> '') AS after,
        r.topics AS topics_before,
        v.topics AS topics_after,
        list_transform(
            list_filter(d.of_topics, lambda topic:
                topic.since <= v.fetched_at AND (topic.until IS NULL OR topic.until >= v.replaced_at)),
            lambda topic: topic.topic) AS topics_defined
    FROM versions AS v JOIN article_revisions AS r USING (article_id), definitions AS d
    WHERE r.revision = v.revision - 1
)
SELECT
    article_id,
    revision,
    changed_at,
    title_before,
    title_after,
    list_filter(after, lambda line: NOT list_contains(before, line)) AS paragraphs_added,
    list_filter(before, lambda line: NOT list_contains(after, line)) AS paragraphs_removed,
    CASE WHEN topics_before IS NOT NULL
        THEN list_filter(topics_after, lambda topic:
            NOT list_contains(topics_before, topic) AND list_contains(topics_defined, topic)) END AS topics_gained,
    CASE WHEN topics_after IS NOT NULL
        THEN list_filter(topics_before, lambda topic:
            NOT list_contains(topics_after, topic) AND list_contains(topics_defined, topic)) END AS topics_lost
FROM steps;

-- The days of one topic since a day, each with the share of the seven days up to it: single days have few articles.
CREATE OR REPLACE MACRO topic_share(id, since) AS TABLE
WITH days AS (
    SELECT *, sum(articles) OVER week / nullif(sum(all_articles) OVER week, 0) AS share_7d
    FROM topic_daily WHERE topic_id = id AND day > since::DATE - 7
    WINDOW week AS (ORDER BY day ROWS 6 PRECEDING)
)
SELECT day, articles, unique_texts, stories, all_articles, share, share_7d, sources_expected, sources_ok
FROM days WHERE day >= since::DATE ORDER BY day;

-- The weeks of one topic, each with its share of all articles against the four weeks before.
CREATE OR REPLACE MACRO topic_trend(id) AS TABLE
WITH weeks AS (
    SELECT
        date_trunc('week', day)::DATE AS week,
        sum(articles)::BIGINT AS articles,
        sum(all_articles)::BIGINT AS all_articles,
        sum(sources_ok) / nullif(sum(sources_expected), 0) AS answered
    FROM topic_daily WHERE topic_id = id GROUP BY ALL
), told AS (
    -- A text that is copied, or a story that runs, over several days of a week is one.
    SELECT date_trunc('week', a.published_at)::DATE AS week,
        count(DISTINCT a.text_id) AS unique_texts, count(DISTINCT a.story_id) AS stories
    FROM article_topics AS t JOIN articles AS a USING (article_id) WHERE t.topic_id = id GROUP BY ALL
), compared AS (
    SELECT *, sum(articles) OVER before / nullif(sum(all_articles) OVER before, 0) AS usual_share FROM weeks
    WINDOW before AS (ORDER BY week ROWS BETWEEN 4 PRECEDING AND 1 PRECEDING)
)
SELECT
    week, articles, coalesce(unique_texts, 0) AS unique_texts, coalesce(stories, 0) AS stories, all_articles,
    coalesce(articles / nullif(all_articles, 0), 0) AS share,
    usual_share,
    articles / nullif(all_articles, 0) / nullif(usual_share, 0) AS change,
    answered
FROM compared LEFT JOIN told USING (week) ORDER BY week;

-- Every source that was expected on a day, and what came of it: whether nothing happened, or nobody was looking.
CREATE OR REPLACE MACRO coverage(day) AS TABLE
WITH chosen AS (
    SELECT day::DATE AS begins, day::DATE + 1 AS ends
), asked AS (
    SELECT source_id, count(*) AS polls, count(*) FILTER (WHERE outcome IN ('ok', 'unchanged')) AS answered,
        sum(entries_new)::BIGINT AS entries_new, arg_max(error, polled_at) AS last_error
    FROM polls, chosen WHERE polled_at >= begins AND polled_at < ends GROUP BY source_id
), published AS (
    SELECT source_id, count(*) FILTER (WHERE published_at >= begins) AS articles,
        count(*) FILTER (WHERE published_at < begins) / 28 AS usual
    FROM articles, chosen WHERE published_at >= begins - 28 AND published_at < ends GROUP BY source_id
)
SELECT
    s.source_id,
    CASE
        WHEN a.source_id IS NULL THEN 'not polled'
        WHEN a.answered = 0 THEN 'failing'
        WHEN coalesce(p.articles, 0) = 0 AND p.usual >= 1 THEN 'quiet'
        ELSE 'ok'
    END AS status,
    coalesce(a.polls, 0) AS polls,
    coalesce(a.answered, 0) AS answered,
    coalesce(a.entries_new, 0) AS entries_new,
    coalesce(p.articles, 0) AS articles,
    coalesce(round(p.usual, 1), 0) AS usual_articles,
    a.last_error
FROM source_days(day, day) AS s
LEFT JOIN asked AS a USING (source_id)
LEFT JOIN published AS p USING (source_id)
ORDER BY status <> 'failing', status <> 'not polled', status <> 'quiet', s.source_id;
