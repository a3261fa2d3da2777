"""Fetching 2,000 pages of real size from 50 loopback hosts: capture's CPU for each against derive's."""

from __future__ import annotations

import asyncio
import gzip
import tempfile
import time
from pathlib import Path

from benchmarks._sites import EVAL, serving
from benchmarks.polling import loopback_settings
from tasks import urls
from tasks.capture.archive import ArchiveWriter
from tasks.capture.fetch import fetch_pages
from tasks.clock import now
from tasks.derive.setup import Setup
from tasks.derive.work import Deriver
from tasks.model import FailedPage, FetchedPage, PageRef

PAGES, HOSTS, DERIVED = 2000, 50, 200


def main() -> None:
    """Print the table; nothing where the eval pages are absent."""
    files = sorted((EVAL / "extract" / "pages").glob("*.html.gz"))
    if not files:
        print(f"skipped: no pages under {EVAL}; set NEWSDESK_EVAL")
        return
    documents = {f"/{file.name}": ("text/html; charset=utf-8", gzip.decompress(file.read_bytes())) for file in files}
    size = sum(len(body) for _, body in documents.values()) / len(documents)
    with tempfile.TemporaryDirectory() as folder, serving(documents, HOSTS) as hosts:
        names = list(documents)
        addresses = [f"{hosts[n % HOSTS]}{names[n % len(names)]}?n={n}" for n in range(PAGES)]
        fetched, wall, cpu = _fetch(addresses, Path(folder))
        derive_cpu = _derive(fetched[:: PAGES // DERIVED], Path(folder))
    print(f"{len(fetched)} of {PAGES} pages, {size / 1000:.0f} kB on average.\n")
    print("| what | pages/s | CPU ms a page | of derive's |\n| --- | --- | --- | --- |")
    print(f"| derive, one process | {1 / derive_cpu:.0f} | {1000 * derive_cpu:.2f} | 1 |")
    share = cpu / PAGES / derive_cpu
    print(f"| capture, archive included | {PAGES / wall:.0f} | {1000 * cpu / PAGES:.2f} | {share:.3f} |")


def _fetch(addresses: list[str], data: Path) -> tuple[list[FetchedPage], float, float]:
    results: list[FetchedPage | FailedPage] = []
    pages = [PageRef(urls.page_id(url), url) for url in addresses]
    archive = ArchiveWriter(data, "bench", now())
    started, cpu = time.monotonic(), time.process_time()
    asyncio.run(fetch_pages(pages, loopback_settings(), archive, [], now, results.append))
    took = time.monotonic() - started, time.process_time() - cpu
    archive.close()
    return [page for page in results if isinstance(page, FetchedPage)], *took


def _derive(pages: list[FetchedPage], data: Path) -> float:
    """CPU seconds a page, text and metadata and no topics."""
    deriver = Deriver(Setup(data, (), {}))
    deriver.derive(pages[0])
    cpu = time.process_time()
    for page in pages:
        deriver.derive(page)
    return (time.process_time() - cpu) / len(pages)


if __name__ == "__main__":
    main()
