"""The demo site as a whole: its publishers on loopback addresses, their editions, who asked for what."""

import errno
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from tasks.demosite.content import Calendar, articles_of, load_publishers, load_stories
from tasks.demosite.model import Article, Publisher
from tasks.demosite.pages import PublisherSite
from tasks.demosite.resource import Resource
from tasks.demosite.server import PublisherServer
from tasks.demosite.templating import Templates

DEFAULT_ROOT = Path(__file__).resolve().parents[2] / "data" / "demo-site"
_FIRST_HOST = 11
_ATTEMPTS = 50
_POLL_SECONDS = 0.2
_LAST_SECOND = time(23, 59, 59)
_BUSY = {errno.EADDRINUSE, errno.EACCES}


class Request(NamedTuple):
    """One request that was answered; `path` is without its query."""

    publisher: str
    path: str
    status: int


class DemoSite:
    """The invented publishers of `root`, served over HTTP from `start` to `stop`.

    Dates are counted back from `today`, which is the current day in UTC where it is left out. Each publisher
    has a loopback address of its own with the same `port`, or, where the system has only 127.0.0.1, a port of
    its own. Where a port is taken, the next free range is used; 0 means any free port. Nothing is written.

    Raises ContentError where a file under `root` is not what it should be; OSError from `start` where no port
    is free.
    """

    def __init__(
        self,
        root: Path = DEFAULT_ROOT,
        *,
        today: date | None = None,
        port: int = 8917,
        slow_seconds: float = 1.5,
    ) -> None:
        self.slow_seconds = slow_seconds
        self._publishers = load_publishers(root)
        self._stories = load_stories(root, self._publishers)
        self._templates = Templates(root / "templates")
        self._calendar = _calendar(today)
        self._port = port
        self._edition = 1
        self._sites: dict[tuple[int, str], PublisherSite] = {}
        self._servers: dict[str, PublisherServer] = {}
        self._threads: list[threading.Thread] = []
        self._requests: list[Request] = []
        self._lock = threading.Lock()

    @property
    def edition(self) -> int:
        """1 at first; 2 shows the later articles and the revised ones."""
        return self._edition

    @edition.setter
    def edition(self, edition: int) -> None:
        with self._lock:
            if edition > 1 and not any(number > 1 for number, _ in self._sites):
                self._calendar = _edited_now(self._calendar)
            self._edition = edition

    @property
    def publishers(self) -> dict[str, Publisher]:
        """The publishers by id."""
        return dict(self._publishers)

    @property
    def requests(self) -> list[Request]:
        """What was answered since the start or the last `reset`, oldest first."""
        with self._lock:
            return list(self._requests)

    def reset(self) -> None:
        """Forgets the requests so far."""
        with self._lock:
            self._requests.clear()

    def articles(self) -> list[Article]:
        """Every article of the current edition, with what an editor says it is about; for tests."""
        return list(articles_of(self._stories, self._edition, self._calendar))

    def sources(self) -> list[dict[str, object]]:
        """The feeds as rows of `config/sources.yaml`: the publishers' own, then those that only fail."""
        rows: list[dict[str, object]] = []
        broken: list[dict[str, object]] = []
        for p in self._publishers.values():
            rows.append(self._source(p, p.id, p.name, p.feed.moved_from or p.feed.path, p.tags))
            broken += [self._source(p, feed.id, feed.name, feed.path, feed.tags) for feed in p.more_feeds]
        return rows + broken

    def url(self, publisher: str, path: str) -> str:
        """The address of a publisher's path.

        Raises RuntimeError before `start`, when it has no address yet; KeyError for an unknown publisher.
        """
        if not self._servers:
            raise RuntimeError("the demo site has no addresses before start()")
        host, port = self._servers[publisher].server_address[:2]
        return f"http://{host!s}:{port}/{path.removeprefix('/')}"

    def article_url(self, article: Article) -> str:
        """The canonical address of an article."""
        return self.url(article.publisher, article.path)

    def start(self) -> None:
        """Binds every publisher's address and serves in the background; again while it runs: nothing."""
        if self._servers:
            return
        self._servers = self._bind()
        for name, server in self._servers.items():
            serve = partial(server.serve_forever, _POLL_SECONDS)
            thread = threading.Thread(target=serve, name=f"demo-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Ends all servers and their connections and frees the addresses; does nothing when it is stopped."""
        if self._servers:
            # Each takes up to _POLL_SECONDS to notice: together, not one after the other.
            with ThreadPoolExecutor(len(self._servers)) as pool:
                list(pool.map(PublisherServer.end, self._servers.values()))
        for thread in self._threads:
            thread.join()
        self._servers, self._threads = {}, []
        self._sites.clear()

    def __enter__(self) -> "DemoSite":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _source(
        self,
        p: Publisher,
        source_id: str,
        name: str,
        path: str,
        tags: tuple[str, ...],
    ) -> dict[str, object]:
        return {
            "id": source_id,
            "name": name,
            "url": self.url(p.id, path),
            "kind": "feed",
            "country": p.country,
            "language": p.language,
            "tags": list(tags),
        }

    def _bind(self) -> dict[str, PublisherServer]:
        port, count = self._port or _free_port(), len(self._publishers)
        own_hosts = True
        for _ in range(_ATTEMPTS):
            try:
                return self._bind_range(port, own_hosts)
            except OSError as error:
                if error.errno not in _BUSY and own_hosts:
                    own_hosts = False  # not an address of this machine: macOS has only 127.0.0.1
                elif error.errno in _BUSY:
                    port = _free_port() if self._port == 0 else port + count + 1
                    port = port if port + count < 65536 else _free_port()
                else:
                    raise
        raise OSError(errno.EADDRINUSE, f"no {count} free loopback addresses from port {self._port} on")

    def _bind_range(self, port: int, own_hosts: bool) -> dict[str, PublisherServer]:
        servers: dict[str, PublisherServer] = {}
        try:
            for index, name in enumerate(self._publishers):
                host = f"127.0.0.{_FIRST_HOST + index}" if own_hosts else "127.0.0.1"
                servers[name] = self._server(name, (host, port if own_hosts else port + 1 + index))
        except OSError:
            for server in servers.values():
                server.server_close()
            raise
        return servers

    def _server(self, name: str, address: tuple[str, int]) -> PublisherServer:
        def lookup(path: str) -> Resource:
            return self._site(name).resource(path)

        def log(path: str, status: int) -> None:
            with self._lock:
                self._requests.append(Request(name, path, status))

        return PublisherServer(address, lookup, log, lambda: self.slow_seconds)

    def _site(self, name: str) -> PublisherSite:
        with self._lock:
            key = (self._edition, name)
            if key not in self._sites:
                self._sites[key] = self._new_site(name)
            return self._sites[key]

    def _new_site(self, name: str) -> PublisherSite:
        own = [story for story in self._stories if story.publisher.id == name]
        return PublisherSite(
            publishers=self._publishers,
            publisher=self._publishers[name],
            articles=articles_of(own, self._edition, self._calendar),
            teasers=articles_of(own, 1, self._calendar),
            base=self.url(name, "").removesuffix("/"),
            templates=self._templates,
            calendar=self._calendar,
        )


def _calendar(today: date | None) -> Calendar:
    now = datetime.now(UTC).replace(microsecond=0)
    today = today or now.date()
    horizon = now if today == now.date() else datetime.combine(today, _LAST_SECOND, UTC)
    return Calendar(today, horizon, edited=horizon)


def _edited_now(calendar: Calendar) -> Calendar:
    # A page is edited after it was first fetched, or a monitor that compares the two times misses the edit.
    if calendar.horizon.time() == _LAST_SECOND:
        return calendar
    return replace(calendar, edited=datetime.now(UTC).replace(microsecond=0))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
