"""What an address of the demo site answers, and the small answers that need no template."""

import gzip
import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Resource:
    """What an address answers; the same object for every request of an edition."""

    body: bytes
    content_type: str = HTML
    status: int = 200
    modified: datetime | None = None
    location: str | None = None
    slow: bool = False

    @cached_property
    def etag(self) -> str:
        """A weak validator, because the gzipped and the plain body share it."""
        return f'W/"{hashlib.sha256(self.body).hexdigest()[:20]}"'

    @cached_property
    def gzipped(self) -> bytes:
        """The body in gzip; without a time stamp, so that it is the same each time."""
        return gzip.compress(self.body, mtime=0)


def text(
    body: str,
    content_type: str = HTML,
    status: int = 200,
    modified: datetime | None = None,
) -> Resource:
    """A text, in UTF-8."""
    if "charset" not in content_type:
        content_type += "; charset=utf-8"
    return Resource(body.encode(), content_type, status, modified)


def broken(status: int) -> Resource:
    """What a feed answers that is gone or that fails."""
    return text("This feed is not available.\n", "text/plain", status)


def moved(location: str) -> Resource:
    """A permanent redirect."""
    return Resource(b"Moved permanently.\n", "text/plain; charset=utf-8", 301, location=location)


def pdf(title: str) -> bytes:
    """A document of one page with one line, the least that a PDF reader opens."""
    line = title.encode("latin-1", "replace").replace(b"(", b"").replace(b")", b"")
    content = b"BT /F1 14 Tf 60 760 Td (" + line + b") Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
    ]
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 5\n0000000000 65535 f \n" + table + b"trailer << /Size 5 /Root 1 0 R >>\n"
    return data + head + b"startxref\n%d\n%%%%EOF\n" % len(data)
