"""The archive, read back by warcio and FastWARC, and by the room that derives from it."""

from __future__ import annotations

import base64
import gzip
import hashlib
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from warcio.archiveiterator import ArchiveIterator as WarcioIterator
from warcio.checker import Checker

from tasks.capture.archive import ArchiveWriter
from tasks.capture.http import Response
from tasks.derive.records import RecordError, read_record

NOW = datetime(2026, 3, 10, 12, 0, 5)
URL = "https://example.com/a?b=c"


def response(
    body: bytes = b"<p>Overcrowding, a\xc3\xb1o tras a\xc3\xb1o.</p>",
    url: str = URL,
    status: int = 200,
    headers: list[tuple[bytes, bytes]] | None = None,
) -> Response:
    given = httpx.Headers(headers if headers is not None else [(b"Content-Type", b"text/html; charset=utf-8")])
    asked = httpx.Headers([(b"Host", b"example.com"), (b"User-Agent", b"newsdesk/1.0")])
    return Response(url, status, given, body, asked, "HTTP/1.1")


def archive(data: Path, *responses: Response, **options: Any) -> list[tuple[str, int]]:
    writer = ArchiveWriter(data, "run1", NOW, **options)
    places = [writer.write(one.url, one, NOW) for one in responses]
    writer.close()
    return places


def with_warcio(path: Path) -> list[Any]:
    """Type, headers, HTTP headers and content of each record, by warcio, which checks digests on the way."""
    found = []
    with path.open("rb") as stream:
        for record in WarcioIterator(stream, check_digests="raise"):
            content = record.content_stream().read()
            found.append((record.rec_type, dict(record.rec_headers.headers), record.http_headers, content))
    return found


def test_a_file_holds_its_description_and_a_request_and_response_for_each_page(tmp_path: Path) -> None:
    ((path, _), _) = archive(tmp_path, response(), response(url="https://example.com/2"))
    assert path == "archive/2026/03/10/newsdesk-20260310T120005Z-run1-00000.warc.gz"
    records = with_warcio(tmp_path / path)
    assert [kind for kind, *_ in records] == ["warcinfo", "request", "response", "request", "response"]
    (_, _, _, info), (_, asked, request, _), (_, answered, head, body), *_ = records
    assert b"software: newsdesk/" in info and b"WARC File Format 1.1" in info
    assert (asked["WARC-Target-URI"], asked["WARC-Date"]) == (URL, "2026-03-10T12:00:05Z")
    assert asked["WARC-Concurrent-To"] == answered["WARC-Record-ID"]
    assert (request.protocol, request.statusline) == ("GET", "/a?b=c HTTP/1.1")
    assert request.get_header("User-Agent") == "newsdesk/1.0"
    assert (answered["WARC-Target-URI"], answered["WARC-Date"]) == (URL, "2026-03-10T12:00:05Z")
    assert (head.protocol, head.statusline) == ("HTTP/1.1", "200 OK")
    assert body == response().body


def test_it_is_valid_for_the_checkers_of_both_libraries(tmp_path: Path) -> None:
    ((path, _), *_) = archive(tmp_path, response(), response(b""), response(b"x" * 3_000_000))

    class Arguments:
        inputs = (str(tmp_path / path),)
        verbose = False

    assert Checker(Arguments).process_all() == 0
    with (tmp_path / path).open("rb") as stream:
        checked = 0
        for record in FastIterator(stream, parse_http=False):
            assert record.verify_block_digest()
            checked += 1
    assert checked == 7


def test_the_payload_digest_is_that_of_the_body(tmp_path: Path) -> None:
    ((path, _),) = archive(tmp_path, response(b"body"))
    digest = "sha1:" + base64.b32encode(hashlib.sha1(b"body").digest()).decode()
    assert with_warcio(tmp_path / path)[2][1]["WARC-Payload-Digest"] == digest


def test_an_offset_leads_to_its_response_and_to_no_other(tmp_path: Path) -> None:
    pages = [response(b"page %d" % number, f"https://example.com/{number}") for number in range(20)]
    for page, (path, offset) in zip(pages, archive(tmp_path, *pages), strict=True):
        record = read_record(tmp_path, path, offset)
        assert (record.url, record.body, record.content_type) == (page.url, page.body, "text/html; charset=utf-8")
        with (tmp_path / path).open("rb") as stream:
            stream.seek(offset)
            first = next(iter(WarcioIterator(stream)))
            assert first.rec_type == "response"
            assert first.rec_headers.get_header("WARC-Target-URI") == page.url
            stream.seek(offset)
            assert next(iter(FastIterator(stream))).record_type == WarcRecordType.response


HEADERS: list[tuple[str, list[tuple[bytes, bytes]], dict[str, str]]] = [
    ("coded and in chunks", [(b"Content-Encoding", b"br"), (b"Transfer-Encoding", b"chunked")],
     {"X-Crawler-Content-Encoding": "br", "X-Crawler-Transfer-Encoding": "chunked", "Content-Length": "4"}),
    ("another length", [(b"content-length", b"999")], {"X-Crawler-content-length": "999", "Content-Length": "4"}),
    ("the same name twice", [(b"Link", b"a"), (b"Link", b"b")], {"Content-Length": "4"}),
    ("no headers at all", [], {"Content-Length": "4"}),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "expected"), [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS])
def test_headers_fit_the_decoded_body(
    tmp_path: Path, headers: list[tuple[bytes, bytes]], expected: dict[str, str]
) -> None:
    ((path, offset),) = archive(tmp_path, response(b"body", headers=headers))
    _, _, head, body = with_warcio(tmp_path / path)[2]
    assert body == b"body"
    assert {name: head.get_header(name) for name in expected} == expected
    assert len(head.headers) == len(headers) + 1
    assert read_record(tmp_path, path, offset).body == b"body"


def test_bytes_of_headers_stay_what_they_are(tmp_path: Path) -> None:
    ((path, _),) = archive(tmp_path, response(headers=[(b"X-Title", "año".encode()), (b"X-Old", b"a\xf1o")]))
    raw = gzip.decompress((tmp_path / path).read_bytes())
    assert "X-Title: año\r\n".encode() in raw and b"X-Old: a\xf1o\r\n" in raw


@pytest.mark.parametrize(
    ("status", "line"), [(200, "200 OK"), (203, "203 Non-Authoritative Information"), (299, "299")]
)
def test_status_lines(tmp_path: Path, status: int, line: str) -> None:
    ((path, _),) = archive(tmp_path, response(status=status))
    assert with_warcio(tmp_path / path)[2][2].statusline.strip() == line


@pytest.mark.parametrize("lost", [1, 10, 100, 300])
def test_a_truncated_last_record_harms_no_other(tmp_path: Path, lost: int) -> None:
    pages = [response(b"page %d" % number, f"https://example.com/{number}") for number in range(3)]
    places = archive(tmp_path, *pages)
    path = tmp_path / places[0][0]
    path.write_bytes(path.read_bytes()[:-lost])
    for page, (name, offset) in zip(pages[:2], places[:2], strict=True):
        assert read_record(tmp_path, name, offset).body == page.body
    expected = ["https://example.com/0", "https://example.com/1"]
    with path.open("rb") as stream:
        whole = FastIterator(stream, record_types=WarcRecordType.response)
        assert [record.headers["WARC-Target-URI"] for record in whole][:2] == expected
    read = []
    with path.open("rb") as stream, suppress(Exception):  # of the last record warcio says what is wrong
        for found in WarcioIterator(stream, check_digests="raise"):
            found.content_stream().read()
            if found.rec_type == "response":
                read.append(found.rec_headers.get_header("WARC-Target-URI"))
    assert read[:2] == expected
    with suppress(RecordError):
        assert pages[2].body.startswith(read_record(tmp_path, *places[2]).body)


def test_a_new_file_is_begun_before_one_gets_too_large(tmp_path: Path) -> None:
    pages = [
        response(bytes([number]) * 10 + str(number).encode() * 50, f"https://example.com/{number}")
        for number in range(30)
    ]
    places = archive(tmp_path, *pages, max_bytes=5_000)
    names = sorted({name for name, _ in places})
    assert len(names) > 3
    assert [name[-14:] for name in names] == [f"-{number:05}.warc.gz"[-14:] for number in range(len(names))]
    for name in names:
        assert (tmp_path / name).stat().st_size <= 5_000
        assert with_warcio(tmp_path / name)[0][0] == "warcinfo"
    for page, (name, offset) in zip(pages, places, strict=True):
        assert read_record(tmp_path, name, offset).url == page.url


def test_one_page_may_be_larger_than_a_file(tmp_path: Path) -> None:
    noise = hashlib.shake_128(b"noise").digest(20_000)
    places = archive(tmp_path, response(b"a"), response(noise), response(b"b"), max_bytes=5_000)
    assert [read_record(tmp_path, *place).body for place in places] == [b"a", noise, b"b"]
    assert len({name for name, _ in places}) == 3


def test_the_same_name_again_is_continued(tmp_path: Path) -> None:
    first, second = archive(tmp_path, response(b"a")), archive(tmp_path, response(b"b"))
    assert first[0][0] == second[0][0]
    assert [read_record(tmp_path, *place).body for place in first + second] == [b"a", b"b"]
    assert [kind for kind, *_ in with_warcio(tmp_path / first[0][0])].count("warcinfo") == 1


def test_nothing_fetched_leaves_no_file(tmp_path: Path) -> None:
    archive(tmp_path)
    assert not list(tmp_path.iterdir())


def test_another_folder(tmp_path: Path) -> None:
    ((path, offset),) = archive(tmp_path, response(), folder="state/spool")
    assert path.startswith("state/spool/2026/03/10/")
    assert read_record(tmp_path, path, offset).url == URL
