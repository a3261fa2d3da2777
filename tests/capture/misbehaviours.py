"""Everything that a server can do wrong, by name: how it does it, and what must come of it."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass

import brotli
import zstandard

from tests.capture.chaos import (
    CHUNKED,
    FEED,
    OPEN,
    PAGE,
    another_body_each_time,
    both,
    coded,
    drip,
    endless_redirects,
    hang,
    length,
    not_modified_for_ever,
    pour,
    reset,
    reset_halfway,
    rss,
    slowly,
    then_hang,
    with_robots,
)
from tests.capture.loopback import Handler, redirect, reply, routes, send


@dataclass(frozen=True)
class Ending:
    """How the poll of a feed there ends (outcome, and the beginning of the error) and the fetch of a page there.

    None where the misbehaviour is not about the one or the other; "any" where it only has to end.
    """

    poll: str | None
    page: str | None
    entries: int = 0
    """What the poll must give at least."""


Table = dict[str, tuple[Handler, Ending]]

GOOD = Ending("ok", "fetched", 2)
GOOD_FEED = Ending("ok", None, 2)
GOOD_PAGE = Ending(None, "fetched")
ONE_ENTRY = Ending("ok", None, 1)
BROKEN = Ending("failed: connect_error", "connect_error")
DAMAGED = Ending("failed: connect_error: damaged body", "connect_error")
LATE = Ending("failed: timeout", "timeout")
LARGE = Ending("failed: too_large", "too_large")
LOST = Ending("failed: too_many_redirects", "too_many_redirects")
BAD = Ending("failed: bad_url", "bad_url")
BLOCKED = Ending("failed: blocked_host", "blocked_host")
REFUSED = Ending("failed: http_error", "http_error")
PAGE_ONLY = Ending("not_a_feed", "fetched")
NEITHER = Ending("not_a_feed", "not_html")

CONNECTIONS: Table = {
    "closes at once": (send(b""), BROKEN),
    "resets": (reset, BROKEN),
    "resets halfway": (reset_halfway, BROKEN),
    "hangs": (hang, LATE),
    "hangs in the status line": (then_hang(b"HTTP/1."), LATE),
    "hangs in the headers": (then_hang(b"HTTP/1.1 200 OK\r\nX: "), LATE),
    "hangs in the body": (then_hang(length(1000) + b"<rss>"), LATE),
    "hangs in a chunk": (then_hang(CHUNKED + b"ff\r\n<rss>"), LATE),
    "drips headers": (drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), LATE),
    "drips the body": (drip(length(10_000), b"x"), LATE),
    "drips chunks": (drip(CHUNKED, b"1\r\nx\r\n"), LATE),
    "is always about to": (drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), LATE),
    "is slow but comes": (slowly(both(), 0.3), GOOD),
    "redirects slowly": (slowly(endless_redirects, 1.0), LATE),
}

MESSAGES: Table = {
    "speaks SSH": (send(b"SSH-2.0-OpenSSH_9.6\r\n"), BROKEN),
    "speaks HTTP/0.9": (send(FEED), BROKEN),
    "speaks HTTP/3": (send(b"HTTP/3 200\r\n\r\n"), BROKEN),
    "status of one digit": (send(b"HTTP/1.1 2 OK\r\n\r\n"), BROKEN),
    "status in words": (send(b"HTTP/1.1 fine\r\n\r\n"), BROKEN),
    "a header without colon": (send(b"HTTP/1.1 200 OK\r\nX\r\n\r\n"), BROKEN),
    "NUL in a header": (send(b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n"), BROKEN),
    "headers without end": (pour(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 999), BROKEN),
    "a header without end": (pour(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 9999), BROKEN),
    "10,000 cookies": (send(b"HTTP/1.1 200 OK\r\n" + b"Set-Cookie: a=b\r\n" * 10_000 + b"\r\n"), BROKEN),
    "500 cookies": (reply(FEED, headers=[("set-cookie", f"a{number}=b") for number in range(500)]), GOOD_FEED),
    "line feeds only": (send(b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(FEED) + FEED), GOOD_FEED),
    "less than announced": (send(length(9999) + FEED), BROKEN),
    "more than announced": (send(length(len(FEED)) + FEED + b"junk" * 999), GOOD_FEED),
    "two lengths": (send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), BROKEN),
    "a negative length": (send(length(-1)), BROKEN),
    "a length in words": (send(length("lots")), BROKEN),
    "a length of 30 digits": (send(length("9" * 30)), BROKEN),
    "a terabyte announced": (send(length(10**12)), LARGE),
    "30 MB": (pour(length(30_000_000), b"x" * 65536), LARGE),
    "a body without end": (pour(OPEN, b"x" * 65536), LARGE),
    "chunks without end": (pour(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"), LARGE),
    "chunks that break off": (send(CHUNKED + b"ff\r\nabc"), BROKEN),
    "no last chunk": (send(CHUNKED + b"3\r\nabc\r\n"), BROKEN),
    "a chunk size in words": (send(CHUNKED + b"some\r\nabc\r\n"), BROKEN),
    "a huge chunk size": (send(CHUNKED + b"f" * 16 + b"\r\nabc"), BROKEN),
    "a chunk extension without end": (pour(CHUNKED, b"1;" + b"x" * 9999), BROKEN),
    "a trailer": (send(CHUNKED + b"%x\r\n" % len(FEED) + FEED + b"\r\n0\r\nX: y\r\n\r\n"), GOOD_FEED),
    "HTTP/1.0 to the end": (send(b"HTTP/1.0 200 OK\r\n\r\n" + FEED), GOOD_FEED),
}

STATUSES: Table = {
    **{
        f"HTTP {status}": (reply(FEED, status), Ending(f"failed: http_error: HTTP {status}", "http_error"))
        for status in (400, 401, 402, 403, 404, 406, 418, 429, 451, 500, 502, 503, 504, 522, 999)
    },
    "HTTP 410": (reply(b"", 410), Ending("gone", "http_error")),
    "HTTP 204": (reply(status=204), Ending("not_a_feed", "http_error")),
    "switches protocols": (send(b"HTTP/1.1 101 Switching\r\n\r\n"), BROKEN),
    "304 unasked": (reply(status=304), REFUSED),
    "304 for ever": (not_modified_for_ever, GOOD_FEED),
    "another body each time": (another_body_each_time, GOOD_FEED),
    **{
        f"Retry-After: {value[:40]}": (reply(b"", 503, retry_after=value), REFUSED)
        for value in ("99999999999", "9" * 5000, "-1", "\xb2", "soon", "Fri, 31 Dec 9999 23:59:59 -1200", "")
    },
    "an ETag in Latin-1": (both(etag='"\xf1"'), GOOD),
    "an ETag of 50 KB": (both(etag='"' + "a" * 50_000 + '"'), GOOD),
    "dates from nowhere": (both(last_modified="yesterday", expires="0", date="\xe9"), GOOD),
    "fresh for ever": (both(cache_control="max-age=" + "9" * 5000), GOOD),
}

NO_WEB_ADDRESSES = (
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:25/_HELO",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://[::1",
    "http://127.0.0.1:99999/",
    "http://exa mple/",
    "http://0177.0.0.1/",
)
PRIVATE_ADDRESSES = (
    "http://10.0.0.1/",
    "//10.0.0.1/",
    "http://10.1/",
    "http://167772161/",
    "http://0x0a000001/",
    "http://0xa.1/",
    "http://192.168.0.1/",
    "http://172.16.0.1/",
    "http://100.64.0.1/",
    "http://0/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[64:ff9b::a00:1]/",
    "http://[2002:a00:1::]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://example.com@10.0.0.1/",
    "http://user:pw@10.0.0.1/",
    "http://１０.０.０.１/",
    "https://10.0.0.1/",
)


def _redirects(locations: tuple[str, ...], ending: Ending) -> Table:
    return {f"to {where}": (redirect(where.encode().decode("latin-1")), ending) for where in locations}


REDIRECTS: Table = {
    "redirects to itself": (redirect("?again"), LOST),
    "redirects in a circle": (routes({"/a": redirect("/b")}, other=redirect("/a")), LOST),
    "redirects without end": (endless_redirects, LOST),
    "redirects to nowhere": (reply(status=302), REFUSED),
    "redirects to 90 KB of address": (redirect("/" + "a" * 90_000), BAD),
    **_redirects(NO_WEB_ADDRESSES, BAD),
    **_redirects(PRIVATE_ADDRESSES, BLOCKED),
}

_ZEROS = b"\0" * 100_000_000
_BOMBS = {
    "gzip": ("gzip", gzip.compress(_ZEROS, 1)),
    "deflate": ("deflate", zlib.compress(_ZEROS, 1)),
    "brotli": ("br", brotli.compress(_ZEROS, quality=1)),
    "zstd": ("zstd", zstandard.compress(_ZEROS)),
}
_BOMBS["gzip in gzip"] = ("gzip, gzip", gzip.compress(_BOMBS["gzip"][1], 1))
_BOMBS["gzip in brotli"] = ("gzip, br", brotli.compress(_BOMBS["gzip"][1]))
del _ZEROS

CODINGS: Table = {
    **{f"a bomb of {name}": (reply(bomb, content_encoding=coding), LARGE) for name, (coding, bomb) in _BOMBS.items()},
    "40,000 gzip members": (reply(gzip.compress(b"") * 40_000, content_encoding="gzip"), DAMAGED),
    "says gzip, is not": (both(content_encoding="gzip"), DAMAGED),
    "says brotli, is not": (both(content_encoding="br"), DAMAGED),
    "is gzip, does not say so": (both(gzip.compress(FEED), gzip.compress(PAGE)), NEITHER),
    "an unknown coding": (both(content_encoding="rot13"), DAMAGED),
    "50 codings": (both(content_encoding="gzip, " * 50), DAMAGED),
    "gzip with junk behind": (coded("gzip", lambda data: gzip.compress(data) + b"junk"), GOOD),
    "gzip cut short": (coded("gzip", lambda data: gzip.compress(data)[:-12]), Ending("ok", "fetched", 1)),
    "raw deflate": (coded("deflate", lambda data: zlib.compress(data)[2:-4]), GOOD),
}

_XXE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_LAUGHS = '<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_NO_LINKS = ("http://[::1", "javascript:x", "http://a b/", "http://" + "a" * 20_000, "\ufffd", "//", "http://a:b:c/")
_LOST_ITEMS = "".join(f"<item><title>x</title><link>{link}</link></item>" for link in _NO_LINKS)
_ATTRIBUTES = "".join(f'b{number}="" ' for number in range(60_000))

CONTENTS: Table = {
    "a page for a feed": (reply(PAGE, content_type="text/html"), PAGE_ONLY),
    "a block with a smile": (reply(b"<html><title>Are you human?</title></html>", content_type="text/html"), PAGE_ONLY),
    "nothing": (reply(b"", content_type="text/html"), PAGE_ONLY),
    "blanks only": (reply(b" \r\n\t" * 100_000), NEITHER),
    "NUL only": (reply(b"\0" * 500_000), NEITHER),
    "half a JSON feed": (reply(b'{"version": "https://jsonfeed.org/version/1.1", "items": ['), NEITHER),
    "deep JSON": (reply(b"[" * 900_000, content_type="application/json"), NEITHER),
    "a picture": (reply(b"\x89PNG\r\n\x1a\n" + b"\0" * 1000, content_type="image/png"), NEITHER),
    "a document called HTML": (reply(b"%PDF-1.7\n" + b"\0" * 1000, content_type="text/html"), NEITHER),
    "a film": (reply(b"\0\0\0\x18ftypmp42", content_type="video/mp4"), NEITHER),
    "a feed called a picture": (both(content_type="image/png"), Ending("ok", "not_html", 2)),
    "no type": (routes({"/feed": reply(FEED), "/page": reply(PAGE)}), GOOD),
    "a type that is none": (both(content_type=';;;\xff; charset="'), GOOD_FEED),
    "another charset than it says": (both(content_type="text/xml; charset=utf-16"), GOOD_FEED),
    "an unknown charset": (both(content_type="text/xml; charset=klingon"), GOOD_FEED),
    "bytes that are no UTF-8": (both(FEED.replace(b"Reform", b"R\xe9form\xff\xfe")), GOOD),
    "UTF-16": (both(FEED.decode().replace("utf-8", "utf-16").encode("utf-16")), GOOD),
    "warnings before it": (both(b"<br />\n<b>Warning</b>: mysql\n" + FEED), GOOD),
    "cut in the middle": (both(FEED[:-90]), Ending("ok", "fetched", 1)),
    "a file by an entity": (both(rss(["Passwords &x;"], before=_XXE)), ONE_ENTRY),
    "a billion laughs": (both(rss(["Ha &l9;"], before=f"<!DOCTYPE rss [{_LAUGHS}]>")), ONE_ENTRY),
    "a DTD elsewhere": (both(rss(before='<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/rss.dtd">')), GOOD_FEED),
    "30,000 elements deep": (both(rss(inside="<a>" * 30_000)), Ending("any", None)),
    "a title of 900 KB": (both(rss(["x" * 900_000])), ONE_ENTRY),
    "60,000 attributes": (both(rss(inside=f"<a {_ATTRIBUTES}/>")), GOOD_FEED),
    "5,000 entries": (both(rss(f"Title {number}" for number in range(5000))), Ending("ok", None, 5000)),
    "50,000 empty entries": (both(rss(inside="<item/>" * 50_000)), Ending("any", None)),
    "addresses that are none": (both(rss(inside=_LOST_ITEMS)), GOOD_FEED),
}

_NAMES = b"".join(b"User-agent: a%d\n" % number for number in range(12_000))
_RULES = b"".join(b"Disallow: /%d\n" % number for number in range(12_000))

ROBOTS: Table = {
    "robots forbids": (with_robots(reply(b"User-agent: *\nDisallow: /")), Ending(None, "robots")),
    "robots hangs": (with_robots(hang), Ending(None, "timeout")),
    "robots drips": (with_robots(drip(OPEN, b"# \n")), Ending(None, "timeout")),
    "robots closes at once": (with_robots(send(b"")), Ending(None, "connect_error")),
    "robots is broken": (with_robots(reply(b"", 500)), Ending(None, "robots")),
    "robots wants to be left alone": (with_robots(reply(b"", 429, retry_after="\xb2")), Ending(None, "robots")),
    "robots redirects to itself": (with_robots(redirect("/robots.txt")), GOOD_PAGE),
    "robots redirects inside": (with_robots(redirect("http://10.0.0.1/")), GOOD_PAGE),
    "robots is a page": (with_robots(reply(PAGE)), GOOD_PAGE),
    "robots is binary": (with_robots(reply(bytes(range(256)) * 1000)), GOOD_PAGE),
    "robots has no end": (with_robots(pour(OPEN, b"# and on\n" * 1000)), GOOD_PAGE),
    "robots is a bomb": (with_robots(reply(gzip.compress(b"#" * 50_000_000), content_encoding="gzip")), GOOD_PAGE),
    "robots has 12,000 names over as many rules": (with_robots(reply(_NAMES + _RULES)), GOOD_PAGE),
    "robots delays for ever": (with_robots(reply(b"User-agent: *\nCrawl-delay: 1e300")), GOOD_PAGE),
}

SERVERS: Table = {**CONNECTIONS, **MESSAGES, **STATUSES, **REDIRECTS, **CODINGS, **CONTENTS}
"""Misbehaviours in answers about feeds and pages; `ROBOTS` has those of robots.txt."""
