"""The summary of a pass: on the terminal, as Prefect's Markdown artifact, and as the object of `run --json`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
from rich.table import Table

from tasks.model import RunSummary
from tasks.present.terminal import console

_TOPICS = """
    SELECT t.name, count(a.article_id), count(DISTINCT a.text_id), count(DISTINCT a.story_id),
           count(a.article_id) FILTER (WHERE a.fetched_at >= $since), max(a.published_at)
    FROM topics AS t LEFT JOIN article_topics AS m USING (topic_id) LEFT JOIN articles AS a USING (article_id)
    WHERE t.active GROUP BY t.topic_id, t.name ORDER BY count(a.article_id) DESC, t.name"""

_TROUBLE = """
    SELECT source_id, status, coalesce(last_error, ''), consecutive_failures, next_poll_at
    FROM source_health JOIN sources USING (source_id)
    WHERE enabled AND status IN ('failing', 'gone') ORDER BY status, source_id"""


def as_json(summary: RunSummary) -> dict[str, Any]:
    """The object that `run --json` prints."""
    return {"run_id": summary.run_id, **asdict(summary.counts), "duration_s": round(summary.duration_s, 3)}


def sentence(summary: RunSummary) -> str:
    """The pass in one line."""
    counts = summary.counts
    return (
        f"{counts.sources_polled} sources polled ({counts.sources_unchanged} unchanged, {counts.sources_failed} "
        f"failed), {counts.entries_new} new entries, {counts.pages_fetched} pages fetched ({counts.pages_failed} "
        f"failed), {counts.articles_new} new articles ({counts.articles_updated} updated), {counts.topic_matches} "
        f"topic matches, {counts.stories_new} new stories in {summary.duration_s:.1f} s"
    )


def print_summary(summary: RunSummary, data: Path) -> None:
    """A table of topics, one of the sources in trouble, and where to look further."""
    out = console()
    if summary.counts.sources_polled or summary.counts.pages_fetched:
        topics, trouble = _read(summary, data)
        out.print(_topic_table(topics))
        if trouble:
            out.print(_trouble_table(trouble))
    out.print(sentence(summary), highlight=False, soft_wrap=True)
    if not summary.published:
        out.print("Nothing was due; newsdesk run --force polls everything.", highlight=False)


def print_places(data: Path) -> None:
    """Where the report and the database are."""
    out = console()
    out.print(f"report    {data / 'report' / 'index.html'}", highlight=False, soft_wrap=True)
    out.print(f"database  {data / 'news.duckdb'}", highlight=False, soft_wrap=True)


def as_markdown(summary: RunSummary, data: Path) -> str:
    """The same for Prefect's artifact."""
    topics, trouble = _read(summary, data)
    lines = [f"# newsdesk pass {summary.run_id}", "", sentence(summary), ""]
    lines += ["| topic | articles | texts | stories | new |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {_cell(name)} | {a} | {texts} | {stories} | {new} |" for name, a, texts, stories, new, _ in topics]
    if trouble:
        lines += ["", "| source | status | error |", "| --- | --- | --- |"]
        lines += [f"| {source} | {status} | {_cell(error)} |" for source, status, error, *_ in trouble]
    return "\n".join(lines)


def _read(summary: RunSummary, data: Path) -> tuple[list[Any], list[Any]]:
    with duckdb.connect(data / "news.duckdb", read_only=True) as connection:
        topics = connection.execute(_TOPICS, {"since": summary.started_at}).fetchall()
        return topics, connection.execute(_TROUBLE).fetchall()


def _topic_table(rows: list[Any]) -> Table:
    table = Table(title="Topics", title_justify="left")
    for name, justify in (
        ("topic", "left"),
        ("articles", "right"),
        ("unique texts", "right"),
        ("stories", "right"),
        ("new in this pass", "right"),
        ("newest", "left"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name, articles, texts, stories, new, newest in rows:
        day = newest.strftime("%Y-%m-%d") if newest else ""
        table.add_row(name, str(articles), str(texts), str(stories), str(new), day)
    return table


def _trouble_table(rows: list[Any]) -> Table:
    table = Table(title="Sources in trouble", title_justify="left")
    for name in ("source", "status", "failures", "next poll (UTC)", "error"):
        table.add_column(name)
    for source, status, error, failures, next_poll in rows:
        when = next_poll.strftime("%Y-%m-%d %H:%M") if next_poll else "only with --force"
        table.add_row(source, status, str(failures), when, error)
    return table


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
