"""One HTTP client for everything that is fetched: polite headers and pauses, hard limits, every hop checked.

An exchange ends as a `Response` (whatever its status) or as a `Failure` with a named outcome; it raises nothing.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import TracebackType
from urllib.parse import unquote, urljoin, urlsplit

import httpcore
import httpx

from tasks import urls
from tasks.capture.decode import BadEncoding, TooLarge, decode
from tasks.capture.exchange import Exchange
from tasks.capture.guard import BlockedAddress, Guard, GuardedBackend
from tasks.capture.pacing import NoTurn, Pacing
from tasks.capture.pools import OriginPools
from tasks.model import Outcome
from tasks.settings import HttpSettings

MAX_REDIRECTS = 10
_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_ACCEPT_ENCODING = "gzip, deflate, br, zstd"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an address must not be asked for now. `again_after` is None where the site's own rules say so for good."""

    outcome: Outcome
    error: str
    http_status: int | None = None
    again_after: timedelta | None = None


Refuses = Callable[[str], Awaitable[Refusal | None]]


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer; `body` is decoded, `url` the address that gave it, `moved_to` where it has moved for good."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes
    request_headers: httpx.Headers
    http_version: str
    moved_to: str | None = None
    duration_ms: int = 0

    @property
    def content_type(self) -> str | None:
        """The Content-Type header as sent."""
        value: str | None = self.headers.get("content-type")
        return value


@dataclass(frozen=True, slots=True)
class Failure:
    """An exchange that gave no complete answer. `error` is one line for the user, `url` the address that gave none.

    With `refusal`, that address was not asked at all.
    """

    url: str
    outcome: Outcome
    error: str
    duration_ms: int = 0
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class _Request:
    """What stays the same over the hops of one exchange."""

    address: str
    headers: Mapping[str, str]
    credentials: str | None
    """The Authorization header for the host of `address`; nobody else gets it."""
    limit: int
    cut: bool
    refuses: Refuses | None

    def headers_for(self, url: str) -> list[tuple[bytes, bytes]]:
        """The headers to send; with the credentials where `url` is on the same host, and not less protected."""
        sent = {"Host": urlsplit(url).netloc, **self.headers}
        if self.credentials and self._is_own(url):
            sent["authorization"] = self.credentials
        return [(name.encode("ascii"), value.encode("utf-8")) for name, value in sent.items()]

    def _is_own(self, url: str) -> bool:
        safe = urlsplit(url).scheme == "https" or urlsplit(self.address).scheme == "http"
        return safe and urls.host(url) == urls.host(self.address)


class Client:
    """An async context manager around the connection pools (HTTP/2 where the server has it).

    Requests to one host come one after the other, `http.per_host_delay` apart (see `pacing`), also along redirects.

    It uses httpcore, httpx's connections, without httpx's client: that would parse each redirect's target itself, read
    proxies from the environment and keep cookies. A monitor has no session, and one publisher's must not reach another.
    """

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._seconds = settings.timeout.total_seconds()
        self.pacing = Pacing(settings.per_host_delay.total_seconds())
        self._backend = GuardedBackend(Guard(settings.allow_private_hosts), lookups=settings.concurrency)
        self._pools = OriginPools(self._backend, origins=2 * settings.concurrency)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._backend.close()
        await self._pools.aclose()

    async def get(
        self,
        url: str,
        *,
        accept: str,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        cut: bool = False,
        refuses: Refuses | None = None,
    ) -> Response | Failure:
        """Fetch `url` within `http.timeout` for the whole exchange, redirects included, waiting for turns not.

        A body of more than `max_bytes` (default `http.max_bytes`) is `too_large`, or its beginning where `cut` is true.
        `refuses` is asked about the target of each redirect, outside the time limit; a refusal ends the exchange.
        Credentials in `url` go to its own host only, and over https only where it is https.
        """
        timer = asyncio.timeout(self._seconds)
        exchange = Exchange(url, timer)
        result: Response | Failure
        try:
            address, credentials = _split_credentials(url)
            exchange.url = urls.clean_hop(address)
            request = _Request(
                address=exchange.url,
                headers={
                    "user-agent": self._settings.user_agent_header,
                    "accept": accept,
                    "accept-encoding": _ACCEPT_ENCODING,
                    **(headers or {}),
                },
                credentials=credentials,
                limit=max_bytes or self._settings.max_bytes,
                cut=cut,
                refuses=refuses,
            )
            async with timer:
                result = await self._follow(request, exchange)
        except Exception as error:
            # Not only httpx's exceptions: h2, anyio and ssl let some of theirs through, and no server may end a pass.
            outcome, message = self._named(error)
            result = Failure(exchange.url, outcome, " ".join(message.split())[:500])
        return replace(result, duration_ms=exchange.duration_ms)

    def _named(self, error: Exception) -> tuple[Outcome, str]:
        match error:
            case TimeoutError() | httpcore.TimeoutException():
                return Outcome.TIMEOUT, f"no complete answer within {self._seconds:g} s"
            case NoTurn():
                return Outcome.TIMEOUT, str(error)
            case BlockedAddress():
                return Outcome.BLOCKED_HOST, str(error)
            case TooLarge():
                return Outcome.TOO_LARGE, str(error)
            case BadEncoding():
                return Outcome.CONNECT_ERROR, f"damaged body: {error}"
            case ssl.SSLError():  # a refused certificate is a ValueError too
                return Outcome.CONNECT_ERROR, f"TLS: {error}"
            case ValueError():
                return Outcome.BAD_URL, str(error)
        return Outcome.CONNECT_ERROR, f"{type(error).__name__}: {error}"

    async def _follow(self, request: _Request, exchange: Exchange) -> Response | Failure:
        """Follow redirects by hand, so that each hop is an address of ours to check."""
        moved_to: str | None = None
        permanent = True
        for _ in range(MAX_REDIRECTS + 1):
            url = exchange.url
            await exchange.untimed(self.pacing.begin(url))
            try:
                response = await self._once(url, request)
            finally:
                self.pacing.end(url)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or not location:
                return replace(response, moved_to=moved_to)
            try:
                exchange.url = url = urls.clean_hop(urljoin(url, location))
            except ValueError as error:
                return Failure(url, Outcome.BAD_URL, f"redirected to {location[:200]!r}: {error}")
            permanent = permanent and response.status in _PERMANENT
            moved_to = url if permanent else moved_to
            refusal = await exchange.untimed(request.refuses(url)) if request.refuses else None
            if refusal:
                return Failure(url, refusal.outcome, f"redirected to {url}: {refusal.error}", refusal=refusal)
        return Failure(exchange.url, Outcome.TOO_MANY_REDIRECTS, f"more than {MAX_REDIRECTS} redirects")

    async def _once(self, url: str, request: _Request) -> Response:
        sent = request.headers_for(url)
        answer = await self._pools.get(url, sent, self._seconds)
        headers = httpx.Headers(answer.headers)
        try:
            body = b"" if answer.status in _REDIRECTS else await _read(answer, headers, request.limit, request.cut)
        finally:
            await answer.aclose()
        version = answer.extensions["http_version"].decode("ascii")
        return Response(url, answer.status, headers, body, httpx.Headers(sent), version)


async def _read(answer: httpcore.Response, headers: httpx.Headers, limit: int, cut: bool) -> bytes:
    declared = headers.get("content-length", "")
    if not cut and declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"{declared} bytes announced, {limit} allowed")
    raw = bytearray()
    async for chunk in answer.aiter_stream():
        raw += chunk
        if len(raw) > limit:
            if not cut:
                raise TooLarge(f"more than {limit} bytes")
            break
    return decode(raw, headers.get("content-encoding", ""), limit, cut=cut)


def _split_credentials(url: str) -> tuple[str, str | None]:
    """The address without its user name and password, so that they are not archived; and the header they stand for."""
    parts = urlsplit(url)
    if parts.username is None:
        return url, None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return address, "Basic " + base64.b64encode(pair).decode("ascii")
