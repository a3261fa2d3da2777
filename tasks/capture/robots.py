"""robots.txt (RFC 9309) through protego: may a page be fetched, and how long to wait between two requests."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from protego import Protego

from tasks.capture.headers import retry_after
from tasks.capture.http import Client, Failure, Refusal, Response
from tasks.capture.patience import UNREACHABLE, Patience
from tasks.model import Outcome, RobotsFile

FRESH = timedelta(hours=24)
RETRY_AFTER_5XX = timedelta(hours=1)
"""How long a server error forbids everything before it is asked again."""
MAX_STALE = timedelta(days=30)
"""RFC 9309, 2.4 and 2.3.1.4: how long an old file stands in for one that cannot be had."""
MAX_CRAWL_DELAY = 30.0
MAX_BYTES = 500 * 1024
"""RFC 9309, 2.5, asks a crawler to read at least 500 KiB; what follows is not read."""

_ALLOW_ALL = ""
_DENY_ALL = "User-agent: *\nDisallow: /"
_UNAVAILABLE = "# newsdesk: robots.txt answered HTTP "
_SERVER_ERROR = re.compile(re.escape(_UNAVAILABLE) + r"(\d{3})\n")
_AGENT_LINE = re.compile(r"user[- ]?agent\s*(?::|\s)\s*(?P<every>\*\s*(?:#|$))?(?P<token>[\w-]*)", re.IGNORECASE)
_SOMEONE_ELSE = "(someone else)"


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of one origin; `refusal` is why nothing can be fetched there, whatever they say."""

    protego: Protego
    refusal: Refusal | None = None


class Robots:
    """The rules of every host of a pass; asks each host once, remembers for 24 hours.

    A crawl-delay counts for all requests of `client` to the host from then on.
    """

    def __init__(
        self,
        client: Client,
        user_agent: str,
        known: list[RobotsFile],
        now: datetime,
        patience: Patience,
    ) -> None:
        self._client = client
        self._agent = product_token(user_agent)
        self._now = now
        self._known = {file.origin: file for file in known}
        self._rules: dict[str, _Rules] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._patience = patience
        self._fetched: list[RobotsFile] = []

    def take_fetched(self) -> tuple[RobotsFile, ...]:
        """The files that were asked for since the last call, to be kept for the next passes."""
        fetched, self._fetched = tuple(self._fetched), []
        return fetched

    async def refusal(self, url: str) -> Refusal | None:
        """Why `url` must not be fetched now; None where it may be."""
        rules = await self._of(url)
        if rules.refusal or rules.protego.can_fetch(url, self._agent):
            return rules.refusal
        return Refusal(Outcome.ROBOTS, "robots.txt does not allow it")

    async def sitemaps(self, url: str) -> tuple[str, ...]:
        """The sitemaps that the host of `url` names, as it writes them."""
        return tuple(dict.fromkeys((await self._of(url)).protego.sitemaps))

    async def _of(self, url: str) -> _Rules:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        async with self._locks.setdefault(origin, asyncio.Lock()):
            if origin not in self._rules:
                self._rules[origin] = await self._load(origin)
                self._client.pacing.slow_down(origin, self._crawl_delay(self._rules[origin]))
        return self._rules[origin]

    def _crawl_delay(self, rules: _Rules) -> float:
        """Seconds that the host asks for between two requests, capped at 30; 0 where it asks for nothing."""
        return min(float(rules.protego.crawl_delay(self._agent) or 0), MAX_CRAWL_DELAY)

    async def _load(self, origin: str) -> _Rules:
        known = self._known.get(origin)
        if known and known.expires_at > self._now:
            return self._parsed(known)
        address = f"{origin}/robots.txt"
        answer = await self._client.get(address, accept="text/plain,*/*;q=0.1", max_bytes=MAX_BYTES, cut=True)
        self._patience.saw(origin, answer)
        if isinstance(answer, Failure) and answer.outcome in UNREACHABLE:
            file = self._stale(known)
            if file is None:
                refusal = Refusal(answer.outcome, f"robots.txt: {answer.error}", again_after=timedelta(0))
                return _Rules(Protego.parse(_DENY_ALL), refusal)
        else:
            file = self._file(origin, answer)
            if _SERVER_ERROR.match(file.body):
                file = self._stale(known) or file
        self._fetched.append(file)
        return self._parsed(file)

    def _file(self, origin: str, answer: Response | Failure) -> RobotsFile:
        """The file to keep for an answer (RFC 9309, 2.3.1).

        What is there counts, a 4xx allows everything, a server error forbids everything for a while. 429 is a server
        that wants fewer requests, not one without a file. A redirect that leads nowhere is no file either.
        """
        if isinstance(answer, Failure):
            return RobotsFile(origin, _ALLOW_ALL, self._now, self._now + RETRY_AFTER_5XX)
        if answer.status >= 500 or answer.status == 429:
            wait = max(RETRY_AFTER_5XX, min(retry_after(answer.headers, self._now) or RETRY_AFTER_5XX, FRESH))
            return RobotsFile(origin, f"{_UNAVAILABLE}{answer.status}\n{_DENY_ALL}", self._now, self._now + wait)
        body = answer.body.decode("utf-8-sig", "replace").replace("\0", "") if answer.status < 300 else _ALLOW_ALL
        return RobotsFile(origin, body, self._now, self._now + FRESH)

    def _stale(self, known: RobotsFile | None) -> RobotsFile | None:
        """The last file that was had, to be used for a while longer."""
        if known is None or _SERVER_ERROR.match(known.body) or self._now - known.fetched_at > MAX_STALE:
            return None
        return RobotsFile(known.origin, known.body, known.fetched_at, self._now + RETRY_AFTER_5XX)

    def _parsed(self, file: RobotsFile) -> _Rules:
        refusal = None
        error = _SERVER_ERROR.match(file.body)
        if error:
            status = int(error[1])
            refusal = Refusal(
                Outcome.ROBOTS, f"robots.txt answered HTTP {status}", status, again_after=file.expires_at - self._now
            )
        return _Rules(Protego.parse(_for_agent(file.body, self._agent)), refusal)


def product_token(user_agent: str) -> str:
    """The name by which robots.txt files call us (RFC 9309, 2.2.1), from the User-Agent header.

    It is the first product, or the one behind "compatible;" where the header follows browsers.
    """
    found = re.search(r"compatible;\s*([a-z_][\w-]*)", user_agent, re.IGNORECASE)
    found = found or re.search(r"([a-z_][\w-]*)", user_agent, re.IGNORECASE)
    return found[1].lower() if found else "newsdesk"


def _for_agent(text: str, agent: str) -> str:
    """The file with the names of all other crawlers replaced by one.

    It means the same to us, and its work is bounded: protego keeps each rule once for each name above it, and 250 KB of
    names over 250 KB of rules are hundreds of millions. It also finds "news" in "newsdesk", which RFC 9309 does not.
    """
    lines = []
    for line in text.splitlines():
        named = _AGENT_LINE.match(line.strip())
        if named:
            name = "*" if named["every"] else agent if named["token"].lower() == agent else _SOMEONE_ELSE
            line = f"User-agent: {name}"
        lines.append(line)
    return "\n".join(lines)
