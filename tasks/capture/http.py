"""One HTTP client for everything that is fetched: polite headers, hard limits, every hop checked.

An exchange ends as a `Response` (whatever its status) or as a `Failure` with a named outcome; it raises nothing.
"""

from __future__ import annotations

import asyncio
import http.cookiejar
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from urllib.parse import urljoin

import httpcore
import httpx

from tasks import urls
from tasks.capture.decode import BadEncoding, TooLarge, decode
from tasks.capture.guard import BlockedAddress, Guard, GuardedBackend
from tasks.model import Outcome
from tasks.settings import HttpSettings

MAX_REDIRECTS = 10
_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_ACCEPT_ENCODING = "gzip, deflate, br, zstd"


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
        return self.headers.get("content-type")


@dataclass(frozen=True, slots=True)
class Failure:
    """An exchange that gave no complete answer. `error` is one line for the user."""

    url: str
    outcome: Outcome
    error: str
    duration_ms: int = 0


class Client:
    """An async context manager around one connection pool (HTTP/2 where the server has it)."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(
            transport=_transport(settings),
            headers={"user-agent": settings.user_agent_header, "accept-encoding": _ACCEPT_ENCODING},
            timeout=settings.timeout.total_seconds(),
            follow_redirects=False,
            # Cookies are refused: a monitor has no session, and one publisher's must not reach another.
            cookies=http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[])),
        )

    async def __aenter__(self) -> Client:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def get(
        self, url: str, *, accept: str, headers: Mapping[str, str] | None = None, max_bytes: int | None = None
    ) -> Response | Failure:
        """Fetch `url` within `http.timeout` for the whole exchange, redirects included."""
        started = time.monotonic()
        limit = max_bytes or self._settings.max_bytes
        try:
            async with asyncio.timeout(self._settings.timeout.total_seconds()):
                result = await self._follow(url, {"accept": accept, **(headers or {})}, limit)
        except (TimeoutError, httpx.TimeoutException):
            seconds = self._settings.timeout.total_seconds()
            result = Failure(url, Outcome.TIMEOUT, f"no complete answer within {seconds:g} s")
        except BlockedAddress as error:
            result = Failure(url, Outcome.BLOCKED_HOST, str(error))
        except TooLarge as error:
            result = Failure(url, Outcome.TOO_LARGE, str(error))
        except BadEncoding as error:
            result = Failure(url, Outcome.CONNECT_ERROR, f"damaged body: {error}")
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as error:
            result = Failure(url, Outcome.BAD_URL, str(error))
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            result = Failure(url, Outcome.CONNECT_ERROR, f"{type(error).__name__}: {error}")
        return replace(result, duration_ms=round((time.monotonic() - started) * 1000))

    async def _follow(self, url: str, headers: dict[str, str], limit: int) -> Response | Failure:
        """Follow redirects by hand, so that each hop is an address of ours to check."""
        moved_to: str | None = None
        permanent = True
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._once(url, headers, limit)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or not location:
                return replace(response, moved_to=moved_to)
            url = urls.clean_hop(urljoin(url, location))
            permanent = permanent and response.status in _PERMANENT
            moved_to = url if permanent else moved_to
        return Failure(url, Outcome.TOO_MANY_REDIRECTS, f"more than {MAX_REDIRECTS} redirects")

    async def _once(self, url: str, headers: dict[str, str], limit: int) -> Response:
        async with self._client.stream("GET", url, headers=headers) as answer:
            body = b"" if answer.status_code in _REDIRECTS else await _read(answer, limit)
            return Response(url, answer.status_code, answer.headers, body, answer.request.headers, answer.http_version)


async def _read(answer: httpx.Response, limit: int) -> bytes:
    declared = answer.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"{declared} bytes announced, {limit} allowed")
    raw = bytearray()
    async for chunk in answer.aiter_raw():
        raw += chunk
        if len(raw) > limit:
            raise TooLarge(f"more than {limit} bytes")
    return decode(bytes(raw), answer.headers.get("content-encoding", ""), limit)


def _transport(settings: HttpSettings) -> httpx.AsyncHTTPTransport:
    """httpx's transport over a pool that connects through the guard; httpx has no public option for the backend."""
    transport = httpx.AsyncHTTPTransport(trust_env=False)
    transport._pool = httpcore.AsyncConnectionPool(
        ssl_context=httpx.create_ssl_context(),
        max_connections=settings.concurrency * 2,
        max_keepalive_connections=settings.concurrency,
        keepalive_expiry=15,
        http1=True,
        http2=True,
        network_backend=GuardedBackend(Guard(settings.allow_private_hosts)),
    )
    return transport
