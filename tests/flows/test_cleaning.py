"""What a site's pages share goes from earlier articles too: at night, and in a replay; nobody has edited them."""

from __future__ import annotations

from pathlib import Path

from flows.maintain import maintain
from flows.replay import replay
from tasks.store import checks, publish
from tests import courier
from tests.flows.newsroom import Answer, WebServer, ask, one_pass, write_config

ARTICLES = "SELECT * EXCLUDE (text_id) FROM articles ORDER BY title"


def serve(server: WebServer) -> None:
    """The courier's front page and articles."""
    paths = [f"/news/story-{number}" for number in range(6)]
    for number, path in enumerate(paths):
        server.routes[path] = Answer(courier.article(number).encode())
    server.feed("/feed", list(zip(paths, courier.TITLES, strict=True)))


def texts(data: Path) -> dict[str, list[str]]:
    return {title: text.split("\n\n") for title, text in ask(data, "SELECT title, text FROM articles")}


def test_earlier_articles_are_cleaned_and_a_replay_changes_nothing_twice(tmp_path: Path, web: WebServer) -> None:
    serve(web)
    config, data = tmp_path / "config", tmp_path / "data"
    write_config(config, [{"id": "courier", "name": "Courier", "url": f"{web.base}/feed"}])
    own = {title: courier.own_text(number) for number, title in enumerate(courier.TITLES)}

    one_pass(config, data)
    assert all(courier.NEWSLETTER in text for text in texts(data).values())
    assert ask(data, "SELECT count(*), count(DISTINCT article_id) FROM article_dates WHERE chosen") == [(6, 6)]

    maintain(str(config), str(data))
    assert texts(data) == own
    assert ask(data, "SELECT count(*) FROM articles WHERE revision > 1 OR updated_at > fetched_at") == [(0,)]
    assert ask(data, "FROM article_revisions") == []
    assert checks.problems(publish.published_path(data)) == []

    before = ask(data, ARTICLES)
    for _ in range(2):
        done = replay(str(config), str(data))
        assert (done.changes.articles_changed, done.changes.revisions) == (0, 0)
        assert ask(data, ARTICLES) == before


def test_article_whose_record_is_damaged_waits_until_it_is_whole(tmp_path: Path, web: WebServer) -> None:
    serve(web)
    config, data = tmp_path / "config", tmp_path / "data"
    write_config(config, [{"id": "courier", "name": "Courier", "url": f"{web.base}/feed"}])
    one_pass(config, data)
    (archive,) = data.glob("archive/**/*.warc.gz")
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-50])
    maintain(str(config), str(data))
    assert sum(courier.NEWSLETTER in text for text in texts(data).values()) == 1
    assert ask(data, "SELECT count(*) FROM pages WHERE error IS NOT NULL") == [(0,)]
    archive.write_bytes(whole)
    maintain(str(config), str(data))
    assert texts(data) == {title: courier.own_text(number) for number, title in enumerate(courier.TITLES)}
