"""One record read back: whole and of the page that is asked for, or refused."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tasks.derive.records import RecordError, read_record
from tests.warcfiles import record, write

URL = "https://gazette.example/a"
BODY = b"<html><body><p>A page of the Gazette.</p></body></html>" * 20
PLAIN = record(URL, BODY, compressed=False)
NEXT = record("https://gazette.example/b", BODY, compressed=False)


def body(folder: Path, content: bytes, addresses: Sequence[str] = ()) -> bytes:
    write(folder / "a.warc", [content])
    return read_record(folder, "a.warc", 0, addresses).body


def refused(folder: Path, content: bytes, why: str = "", addresses: Sequence[str] = ()) -> None:
    with pytest.raises(RecordError, match=f"^{re.escape('a.warc at 0: ' + why)}"):
        body(folder, content, addresses)


@pytest.mark.parametrize("behind", [b"", NEXT, gzip.compress(NEXT)], ids=["nothing", "a record", "a packed record"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_record_that_is_cut_off_is_refused_wherever_that_is(packed: bool, behind: bytes, tmp_path: Path) -> None:
    whole = gzip.compress(PLAIN) if packed else PLAIN
    assert body(tmp_path, whole + behind) == BODY
    for cut in range(1, len(whole) - (0 if packed else 3), 5):
        # Its address too: cut off in its first lines, it gives the head of the one behind it a few more of them.
        refused(tmp_path, whole[:cut] + behind, addresses=(URL,))


@pytest.mark.parametrize("short", [10, 100, 1200])
def test_record_shorter_than_its_length_is_refused_in_a_whole_gzip_member(short: int, tmp_path: Path) -> None:
    refused(tmp_path, gzip.compress(PLAIN[:-short]) + gzip.compress(NEXT))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_record_of_which_a_byte_has_changed_is_refused(packed: bool, tmp_path: Path) -> None:
    """By the checksum of its gzip member, or by its digests."""
    whole = gzip.compress(PLAIN) if packed else PLAIN
    place = len(whole) - 40
    changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    refused(tmp_path, changed, "the record is cut off or damaged" if packed else "the record is damaged: its content")


def field(name: bytes, value: bytes) -> bytes:
    """The record with another value of a field of its head."""
    return re.sub(name + rb": [^\r]*", name + b": " + value, PLAIN)


DIGESTS = {
    "of another block": field(b"WARC-Block-Digest", b"sha1:A2YTC3CFVWPYKYDLI2NMVP5A5PXCVSUT"),
    "of another payload": field(b"WARC-Payload-Digest", b"sha1:A2YTC3CFVWPYKYDLI2NMVP5A5PXCVSUT"),
    "unknown": field(b"WARC-Payload-Digest", b"blake3:00").replace(b"WARC-Block-Digest: sha1", b"WARC-Block-Digest: x"),
    "none": PLAIN.replace(b"-Digest: ", b"-Sum: "),
}


@pytest.mark.parametrize("content", DIGESTS.values(), ids=DIGESTS)
def test_digests_refuse_no_record_that_one_of_them_fits(content: bytes, tmp_path: Path) -> None:
    assert body(tmp_path, content) == BODY


def test_head_of_two_records_is_none(tmp_path: Path) -> None:
    """One was cut off in its head: its address would go with the other's content."""
    begun = PLAIN[: PLAIN.index(URL.encode()) + len(URL) + 2]
    assert begun.endswith(URL.encode() + b"\r\n")
    refused(tmp_path, begun + NEXT, "the head of the record is damaged")


@pytest.mark.parametrize("kind", ["request", "resource", "revisit", "metadata"])
def test_record_of_another_kind_is_refused(kind: str, tmp_path: Path) -> None:
    refused(tmp_path, record(URL, BODY, kind=kind) + record(URL, BODY), "no response record there")


@pytest.mark.parametrize(
    "content", [b"", bytes(100), b"<html>", gzip.compress(b"x")], ids=["nothing", "zeros", "text", "packed text"]
)
def test_place_without_a_record(content: bytes, tmp_path: Path) -> None:
    refused(tmp_path, content, "no WARC record begins there")


@pytest.mark.parametrize(
    "addresses",
    [
        (URL,),
        ("https://short.example/x", URL),
        ("http://www.gazette.example/a/",),
        (),
    ],
)
def test_record_is_of_one_of_the_pages_addresses(addresses: Sequence[str], tmp_path: Path) -> None:
    assert body(tmp_path, PLAIN, addresses) == BODY
    assert body(tmp_path, record(f"<{URL}>", BODY), addresses) == BODY


def test_record_of_another_page_is_refused(tmp_path: Path) -> None:
    other = "https://gazette.example/b"
    refused(tmp_path, PLAIN, f"a record of {URL}, not of {other}", (other, "https://gazette.example/a/b"))
