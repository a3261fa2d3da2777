"""Whole passes for tests: a configuration folder, a small web server, and what the database says afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import yaml

from tasks.model import RunSummary
from tasks.store.publish import published_path

SETTINGS: dict[str, Any] = {
    "http": {"allow_private_hosts": ["127.0.0.0/8"], "per_host_delay": "0s", "timeout": "20s"},
    "extract": {"workers": 2},
}
TOPICS: list[dict[str, Any]] = [
    {"id": "prisons", "name": "Prisons", "query": "prison* OR jail* OR cárcel* OR penal* OR prisão OR maison"},
    {"id": "nothing", "name": "Nothing", "query": "xylophone AND quasar AND marmalade"},
]


def write_config(
    folder: Path,
    sources: Sequence[Mapping[str, object]],
    *,
    topics: Sequence[Mapping[str, object]] = TOPICS,
    settings: Mapping[str, object] = SETTINGS,
) -> Path:
    """The three files of a configuration folder."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"sources": {"sources": list(sources)}, "topics": {"topics": list(topics)}, "settings": dict(settings)}
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return folder


def one_pass(config: Path, data: Path, *, force: bool = True, source: list[str] | None = None) -> RunSummary:
    """One pass in this process."""
    from flows.monitor import monitor

    return monitor(str(config), str(data), source, force)


def ask(data: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the published database."""
    with duckdb.connect(published_path(data), read_only=True) as connection:
        return connection.execute(query).fetchall()


def outcomes(data: Path) -> dict[str, int]:
    """How many pages ended how."""
    return dict(ask(data, "SELECT outcome, count(*) FROM pages GROUP BY ALL"))


class Answer(NamedTuple):
    """What a small server sends."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = {}


Route = Answer | Callable[[], Answer]


class WebServer:
    """Serves `routes` (path to answer) on a free port of 127.0.0.1; the rest is 404. Keeps what was asked."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_GET(self) -> None:
                server.asked.append(self.path)
                route = server.routes.get(self.path, Answer(b"not here", 404))
                answer = route if isinstance(route, Answer) else route()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._http.server_address[1]}"

    def pages_asked(self) -> list[str]:
        """The paths that were asked for, but for robots.txt."""
        return [path for path in self.asked if path != "/robots.txt"]

    def feed(
        self,
        path: str,
        entries: Sequence[tuple[str, str]],
        *,
        link: Callable[[str], str] | None = None,
        content: str | None = None,
    ) -> None:
        """An RSS feed of (path, title) at `path`; `content` is what each entry has in full."""
        full = f"<dc:creator>Ana Prieto</dc:creator><content:encoded>{escape(content or '')}</content:encoded>"
        spaces = "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:dc='http://purl.org/dc/elements/1.1/'"
        day = format_datetime(datetime(2026, 3, 12, 8, tzinfo=UTC), usegmt=True)
        items = "".join(
            f"<item><title>{escape(title)}</title><link>{escape(link(to) if link else self.base + to)}</link>"
            f"<guid isPermaLink='false'>{escape(to)}</guid><pubDate>{day}</pubDate>{full if content else ''}</item>"
            for to, title in entries
        )
        text = f"<?xml version='1.0'?><rss version='2.0' {spaces}><channel><title>A feed</title>{items}</channel></rss>"
        self.routes[path] = Answer(text.encode(), content_type="application/rss+xml")

    def source(self, source_id: str, path: str = "/feed.xml") -> dict[str, object]:
        """A row of sources.yaml."""
        return {"id": source_id, "name": source_id.title(), "url": self.base + path}


@contextmanager
def web_server() -> Iterator[WebServer]:
    """A running WebServer."""
    server = WebServer()
    thread = threading.Thread(target=server._http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server._http.shutdown()
        server._http.server_close()
        thread.join()


def story(title: str, *, canonical: str | None = None, about: str = "the harbour") -> Answer:
    """A page with an article of some hundred words."""
    paragraphs = "".join(
        f"<p>Paragraph {number} of this report deals with {about} and with what {title} means for the town: "
        f"the council met for the {number}th time, heard {number + 3} witnesses and put the decision off until "
        f"the next session, because the papers that had been asked for were not complete.</p>"
        for number in range(1, 7)
    )
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    page = (
        f"<html lang='en'><head><title>{escape(title)}</title>{link}</head><body><article><h1>{escape(title)}</h1>"
        f"{paragraphs}</article></body></html>"
    )
    return Answer(page.encode())
