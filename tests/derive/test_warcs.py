"""WARC files: which records are pages, where they lie, and what a damaged place costs."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from tasks.derive import warcs
from tasks.derive.guard import MAX_BYTES
from tasks.derive.records import RecordError, read_record
from tests.warcfiles import CAPTURED, record, warcinfo, write

PAGES = [f"https://gazette.example/{number}" for number in range(6)]
BODY = b"<html><body><p>A page of the Gazette.</p></body></html>"
RECORDS = [record(url, BODY * 50) for url in PAGES]
PLAIN = [gzip.decompress(one) for one in RECORDS]


def found(path: Path, start: int = 0) -> list[warcs.Found]:
    return list(warcs.scan(path, path.name, start))


def pages(path: Path, start: int = 0) -> list[str]:
    return [item.page.url for item in found(path, start) if item.page]


def batched(path: Path, size: int = 100, start: int = 0) -> list[warcs.Batch]:
    return list(warcs.batches(warcs.scan(path, path.name, start), size, lambda page: True))


def test_every_page_can_be_read_where_it_was_found(tmp_path: Path) -> None:
    path = write(tmp_path / "a.warc.gz", [warcinfo(), *RECORDS])
    for item in found(path)[1:]:
        assert item.page and (item.page.warc_file, item.page.warc_offset) == ("a.warc.gz", item.offset)
        read = read_record(tmp_path, item.page.warc_file, item.page.warc_offset)
        assert (read.url, read.body) == (item.page.url, BODY * 50)
    assert pages(path) == PAGES


def test_page_has_its_records_address_and_date(tmp_path: Path) -> None:
    address = "https://www.gazette.example/a?utm_source=feed"
    path = write(tmp_path / "a.warc.gz", [record(address, BODY, date="2026-01-31T12:00:00.250Z")])
    (page,) = [item.page for item in found(path) if item.page]
    assert (page.url, page.final_url) == ("https://www.gazette.example/a", address)
    assert page.fetched_at == datetime(2026, 1, 31, 12, 0, 0, 250_000)
    assert (page.http_status, page.attempts, page.source_id) == (200, 1, None)


KINDS: dict[str, tuple[bytes, str | None]] = {
    "page": (record(body=BODY), "page"),
    "xhtml": (record(body=BODY, content_type="application/xhtml+xml"), "page"),
    "page without a type": (record(body=BODY, content_type=None), "page"),
    "page called text": (record(body=BODY, content_type="text/plain"), "page"),
    "address in brackets": (record("<https://gazette.example/a>", BODY), "page"),
    "text": (record(body=b"User-agent: *", content_type="text/plain"), "not_html"),
    "picture": (record(body=b"\x89PNG", content_type="image/png"), "not_html"),
    "nothing": (record(content_type=None), "not_html"),
    "not found": (record(body=BODY, status="404 Not Found"), "http_error"),
    "moved": (record(body=BODY, status="301 Moved Permanently"), "http_error"),
    "revisit": (record(kind="revisit"), "revisit"),
    "resource": (record(body=BODY, kind="resource"), "resource"),
    "request": (record(kind="request"), None),
    "metadata": (record(body=BODY, kind="metadata"), None),
    "warcinfo": (warcinfo(), None),
    "no date": (record(body=BODY, date="yesterday"), "no_date"),
    "no address": (record("urn:uuid:1", BODY), "bad_url"),
    "name query": (record("dns:gazette.example", BODY, kind="resource"), "resource"),
}


@pytest.mark.parametrize("name", KINDS)
def test_what_a_record_is(name: str, tmp_path: Path) -> None:
    one, expected = KINDS[name]
    (item,) = found(write(tmp_path / "a.warc.gz", [one]))
    assert (("page" if item.page else item.skipped), item.problem) == (expected, None)


CODINGS: dict[str, tuple[bytes, tuple[str, str]]] = {
    "compressed": (gzip.compress(BODY), ("Content-Encoding", "gzip")),
    "called compressed": (BODY, ("Content-Encoding", "gzip")),
    "chunked": (b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY), ("Transfer-Encoding", "chunked")),
    "called chunked": (BODY, ("Transfer-Encoding", "chunked")),
    "unknown coding": (BODY, ("Content-Encoding", "rot13")),
    "masked": (BODY, ("X-Crawler-Content-Encoding", "gzip")),
}


@pytest.mark.parametrize("name", CODINGS)
def test_codings_are_undone_where_they_are_there(name: str, tmp_path: Path) -> None:
    body, header = CODINGS[name]
    write(tmp_path / "a.warc.gz", [record(body=body, headers=[header])])
    assert read_record(tmp_path, "a.warc.gz", 0).body == BODY


def test_bomb_is_read_only_as_far_as_anybody_looks(tmp_path: Path) -> None:
    body = gzip.compress(bytes(40_000_000))
    write(tmp_path / "a.warc.gz", [record(body=body, headers=[("Content-Encoding", "gzip")])])
    assert len(read_record(tmp_path, "a.warc.gz", 0).body) == MAX_BYTES


def test_wrong_offset_gives_no_other_page(tmp_path: Path) -> None:
    write(tmp_path / "a.warc.gz", [record(kind="request"), *RECORDS])
    with pytest.raises(RecordError):
        read_record(tmp_path, "a.warc.gz", 0)


# --- damage: what is left of six pages, and where the damaged place is said to begin

Damage = Callable[[list[bytes]], bytes]


def overwritten(number: int, start: int, what: bytes) -> Damage:
    def damage(records: list[bytes]) -> bytes:
        one = records[number]
        return b"".join([*records[:number], one[:start] + what + one[start + len(what) :], *records[number + 1 :]])

    return damage


DAMAGES: dict[str, tuple[Damage, list[int], int | None]] = {
    "none": (b"".join, [0, 1, 2, 3, 4, 5], None),
    "in the middle of a record": (overwritten(2, 60, b"\xff" * 20), [0, 1, 3, 4, 5], 2),
    "at the head of a record": (overwritten(2, 0, bytes(10)), [0, 1, 3, 4, 5], 2),
    "at the head of the file": (overwritten(0, 0, bytes(10)), [1, 2, 3, 4, 5], 0),
    "in a checksum": (overwritten(2, len(RECORDS[2]) - 6, b"\0\0"), [0, 1, 3, 4, 5], 2),
    "in the last record": (overwritten(5, 60, b"\xff" * 20), [0, 1, 2, 3, 4], 5),
    "over two records": (
        lambda records: b"".join([records[0], records[1][:30], b"\xff" * 300, records[2][60:], *records[3:]]),
        [0, 3, 4, 5],
        1,
    ),
    "tail cut off": (lambda records: b"".join(records)[:-100], [0, 1, 2, 3, 4], 5),
    "tail cut off in a head": (lambda records: b"".join(records[:5]) + records[5][:5], [0, 1, 2, 3, 4], 5),
    "zeros between": (lambda records: b"".join([*records[:3], bytes(3_000_000), *records[3:]]), [0, 1, 2, 3, 4, 5], 3),
    "other text at the end": (lambda records: b"".join([*records, b"</html>"]), [0, 1, 2, 3, 4, 5], 6),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_costs_its_own_records(name: str, tmp_path: Path) -> None:
    damage, left, place = DAMAGES[name]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(damage(RECORDS))
    items = found(path)
    assert [item.page.url for item in items if item.page] == [PAGES[number] for number in left]
    problems = [item for item in items if item.problem]
    assert len(problems) == (place is not None)
    if place is not None:
        begin = sum(len(one) for one in RECORDS[:place])
        assert problems[0].offset == begin and problems[0].skipped == "damaged"
        assert f"{path}: damaged at byte {begin} (" in str(problems[0].problem)
    # Nothing between the records is left out, so that a backfill can go on at any of them.
    assert [item.end for item in items] == [*(item.offset for item in items[1:]), path.stat().st_size]


CUT_OFF = {
    "packed": (RECORDS, range(1, len(RECORDS[2]), 7)),
    "plain": (PLAIN, range(1, len(PLAIN[2]) - 4, 7)),
    "plain, in its heads": (PLAIN, range(1, PLAIN[2].index(b"<html>"))),
    # So that the next record's line ends stand where its own should.
    "plain, by as much as the next one's head": (PLAIN, [len(PLAIN[2]) - 4 - PLAIN[3].index(b"\r\n\r\n")]),
}


@pytest.mark.parametrize(("records", "cuts"), CUT_OFF.values(), ids=CUT_OFF)
def test_record_cut_off_costs_itself_and_not_the_one_written_behind_it(
    records: list[bytes], cuts: Sequence[int], tmp_path: Path
) -> None:
    """What a crawler leaves that was killed and then went on in the same file."""
    path = tmp_path / "a.warc"
    for cut in cuts:
        path.write_bytes(b"".join([*records[:2], records[2][:cut], *records[3:]]))
        items = found(path)
        left = [item.page.url for item in items if item.page]
        # Cut off at the very end of the first line, that is one of the next record.
        assert left == [url for url in PAGES if url != PAGES[2]], cut
        begin = len(records[0]) + len(records[1])
        whole_head = records[2][:cut].startswith(records[3][:10])
        assert sum(item.skipped == "damaged" for item in items) == 1 or (whole_head and cut < 200), cut
        for item in items:
            assert not item.page or read_record(tmp_path, "a.warc", item.offset).body == BODY * 50
            assert item.skipped != "damaged" or item.offset == begin
        assert [item.end for item in items] == [*(item.offset for item in items[1:]), path.stat().st_size]


PLAIN_DAMAGES: dict[str, tuple[Damage, list[int]]] = {
    "none": (b"".join, [0, 1, 2, 3, 4, 5]),
    "length is no number": (
        lambda records: b"".join(
            [records[0], records[1].replace(b"Content-Length: ", b"Content-Length: x"), *records[2:]]
        ),
        [0, 2, 3, 4, 5],
    ),
    "length beyond any file": (
        lambda records: b"".join(
            [records[0], records[1].replace(b"Content-Length: ", b"Content-Length: " + b"9" * 20), *records[2:]]
        ),
        [0, 2, 3, 4, 5],
    ),
    "head lost": (overwritten(1, 0, b"XXXX"), [0, 2, 3, 4, 5]),
    "tail cut off": (lambda records: b"".join(records)[:-100], [0, 1, 2, 3, 4]),
    "zeros between": (lambda records: b"".join([*records[:3], bytes(3_000_000), *records[3:]]), [0, 1, 2, 3, 4, 5]),
    "line ends between": (lambda records: b"\r\n".join(records), [0, 1, 2, 3, 4, 5]),
}


@pytest.mark.parametrize("name", PLAIN_DAMAGES)
def test_unpacked_files_are_read_too(name: str, tmp_path: Path) -> None:
    damage, left = PLAIN_DAMAGES[name]
    path = tmp_path / "a.warc"
    path.write_bytes(damage(PLAIN))
    assert pages(path) == [PAGES[number] for number in left]
    for item in found(path):
        if item.page:
            assert read_record(tmp_path, "a.warc", item.offset).body == BODY * 50


@pytest.mark.parametrize(
    "content",
    [b"", b"no WARC at all", bytes(100), gzip.compress(b"no WARC at all", mtime=0)],
    ids=["empty", "text", "zeros", "packed text"],
)
def test_files_without_records(content: bytes, tmp_path: Path) -> None:
    path = write(tmp_path / "a.warc.gz", [content])
    assert pages(path) == []
    assert [bool(item.problem) for item in found(path)] == [True] * bool(content)


@pytest.mark.parametrize("copies", [1, 400])
def test_one_gzip_stream_over_many_records_is_refused(copies: int, tmp_path: Path) -> None:
    path = write(tmp_path / "a.warc.gz", [gzip.compress(b"".join(PLAIN * copies))])
    (problem,) = [item.problem for item in found(path) if item.problem]
    assert "one gzip stream over many records; unpack it" in str(problem)
    for item in found(path):
        assert item.page is None or read_record(tmp_path, "a.warc.gz", item.offset).url == item.page.url


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        found(tmp_path / "a.warc.gz")


# --- batches


def test_batches_count_what_they_leave_out(tmp_path: Path) -> None:
    others = [record(status="404 Not Found"), record(kind="revisit"), record(kind="request"), record(kind="revisit")]
    path = write(tmp_path / "a.warc.gz", [warcinfo(), *RECORDS[:3], *others, *RECORDS[3:]])
    (batch,) = batched(path)
    assert [page.url for page in batch.pages] == PAGES
    assert (batch.records, batch.skipped) == (11, Counter(http_error=1, revisit=2))
    assert batch.next_offset == path.stat().st_size


def test_only_wanted_pages_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.warc.gz", RECORDS)
    (batch,) = warcs.batches(warcs.scan(path, "a", 0), 10, lambda page: page.url.endswith("/1"))
    assert [page.url for page in batch.pages] == [PAGES[1]] and batch.skipped == Counter(other_site=5)


def test_page_that_comes_again_begins_another_batch(tmp_path: Path) -> None:
    again = record("http://www.gazette.example/1?utm_source=x", BODY)
    path = write(tmp_path / "a.warc.gz", [*RECORDS[:3], again, RECORDS[3]])
    shown = [[page.url for page in batch.pages] for batch in batched(path)]
    assert shown == [PAGES[:3], ["http://www.gazette.example/1", PAGES[3]]]


def test_file_without_pages_still_moves_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warcs, "MAX_RECORDS", 2)
    path = write(tmp_path / "a.warc.gz", [record(status="404 Not Found") for _ in range(5)])
    assert [(batch.records, len(batch.pages)) for batch in batched(path)] == [(2, 0), (2, 0), (1, 0)]


@pytest.mark.parametrize("damaged", [False, True])
def test_going_on_gives_the_same_batches(damaged: bool, tmp_path: Path) -> None:
    records = [*RECORDS[:2], record(kind="revisit"), RECORDS[1], *RECORDS[2:]]
    path = write(tmp_path / "a.warc.gz", records)
    if damaged:
        path.write_bytes(overwritten(4, 30, b"\xff" * 10)(records))
    whole = batched(path, 2)
    assert len(whole) > 2
    for number, batch in enumerate(whole):
        assert batched(path, 2, batch.next_offset) == whole[number + 1 :]


def test_captured_is_utc(tmp_path: Path) -> None:
    path = write(tmp_path / "a.warc.gz", RECORDS)
    assert {item.page.fetched_at for item in found(path) if item.page} == {CAPTURED}
