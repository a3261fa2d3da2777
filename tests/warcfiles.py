"""WARC files for tests, made with warcio, which newsdesk does not use: record by record, as bytes."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

CAPTURED = datetime(2026, 1, 31, 12)
HTML = "text/html; charset=utf-8"


def record(
    url: str = "https://gazette.example/a",
    body: bytes = b"",
    *,
    kind: str = "response",
    status: str = "200 OK",
    content_type: str | None = HTML,
    headers: Iterable[tuple[str, str]] = (),
    date: datetime | str = CAPTURED,
    compressed: bool = True,
) -> bytes:
    """One WARC record of an HTTP exchange, as a gzip member of its own."""
    plain = BytesIO()
    writer = WARCWriter(plain, gzip=False)
    fields = [*([("Content-Type", content_type)] if content_type else []), *headers]
    http = StatusAndHeaders(status, fields, protocol="HTTP/1.1")
    if kind == "request":
        http = StatusAndHeaders("GET / HTTP/1.1", [("Host", "gazette.example")], is_http_request=True)
    when = date if isinstance(date, str) else date.strftime("%Y-%m-%dT%H:%M:%SZ")
    with_http = kind in ("response", "request", "revisit")
    made = writer.create_warc_record(
        url,
        kind,
        payload=BytesIO(body),
        http_headers=http if with_http else None,
        warc_content_type="" if with_http else "text/html",
        # Not a random one, as warcio would make it: the same record has the same length each time.
        warc_headers_dict={
            "WARC-Date": when,
            "WARC-Record-ID": f"<{uuid5(NAMESPACE_URL, f'{kind} {url} {when}').urn}>",
        },
    )
    writer.write_record(made)
    return gzip.compress(plain.getvalue(), mtime=0) if compressed else plain.getvalue()


def warcinfo() -> bytes:
    """What stands at the head of a file."""
    plain = BytesIO()
    writer = WARCWriter(plain, gzip=False)
    writer.write_record(writer.create_warcinfo_record("test.warc.gz", {"software": "a test"}))
    return gzip.compress(plain.getvalue(), mtime=0)


def write(path: Path, records: Iterable[bytes]) -> Path:
    """The records as a file."""
    path.write_bytes(b"".join(records))
    return path


def article(title: str, about: str = "the harbour") -> bytes:
    """A page with an article of some hundred words."""
    paragraphs = "".join(
        f"<p>Paragraph {number} of this report deals with {about} and with what {title} means for the town: "
        f"the council met for the {number}th time, heard {number + 3} witnesses and put the decision off until "
        f"the next session, because the papers that had been asked for were not complete.</p>"
        for number in range(1, 7)
    )
    return (
        f"<html lang='en'><head><title>{title}</title></head><body><article><h1>{title}</h1>{paragraphs}</article>"
        f"</body></html>"
    ).encode()
