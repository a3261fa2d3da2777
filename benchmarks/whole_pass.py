"""A whole pass over loopback: 2,000 real pages from 50 hosts, against trafilatura alone in a pool over the same pages.

Ours is the command: start, polling the feeds that list the pages, fetching, archiving, deriving with topics in two
worker processes, commits, stories, publication and report. The baseline gets the bodies from memory, half of them
before ours and half after, so that a busy machine slows both; nothing is fetched or kept. What serves the pages takes
CPU of the same machine, and that is counted to nobody.
"""

from __future__ import annotations

import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import yaml

from benchmarks._bare import HEADING, PROCESSES, Cost, bare
from benchmarks._pages import copies, real_pages
from benchmarks._sites import EVAL, serving
from benchmarks._watched import Watched, seconds_of_pass, watch
from benchmarks.passes import CONFIG

PAGES, HOSTS = 2_000, 50
TARGET = 1.3
HTML, RSS = "text/html", "application/rss+xml"


def main(pages: int = PAGES) -> None:
    """Print the table; nothing where the eval pages are absent."""
    if not real_pages():
        print(f"skipped: no pages under {EVAL}; set NEWSDESK_EVAL")
        return
    bodies = [(f"http://page.example{path}", body) for path, body in copies(pages)]
    first = bare(islice(bodies, pages // 2), bodies[0])
    with tempfile.TemporaryDirectory() as folder:
        ours = _pass(pages, Path(folder))
        outcomes = _outcomes(Path(folder))
        alone = seconds_of_pass(Path(folder, "data"))
    base = first + bare(islice(bodies, pages // 2, None), bodies[0])
    print(f"{pages} pages from {HOSTS} hosts; they ended as {outcomes}.\n")
    print(HEADING)
    print(base.row(f"trafilatura with metadata, {PROCESSES} processes, pages from memory", base))
    print(Cost(pages, ours.wall, ours.cpu).row("newsdesk run, the whole command", base, f" (target {TARGET})"))
    share = pages / alone / base.rate
    print(
        f"\nOf the {ours.wall:.1f} s, {alone:.1f} s are the pass itself, begin to report: ratio {share:.2f}.", end=" "
    )
    print("The rest is the start of Python and of Prefect with its server; the baseline's processes are up beforehand.")
    peaks = ", ".join(f"{name} {max(sizes) / 1e6:.0f} MB" for name, sizes in ours.peaks().items())
    print(f"Most resident memory: {peaks}.")


def _pass(pages: int, folder: Path) -> Watched:
    documents = {path: (HTML, body) for path, body in copies(pages)}
    paths = list(documents)
    for host in range(HOSTS):
        documents[f"/feed/{host}"] = (RSS, _feed(paths[host::HOSTS]))
    with serving(documents, HOSTS) as hosts:
        config = _configuration(folder / "config", hosts)
        return watch(["--config", str(config), "--data", str(folder / "data"), "run", "--json"])


def _configuration(folder: Path, hosts: list[str]) -> Path:
    """The shipped topics, a feed on each host, and no delay between requests to one host: these servers are ours."""
    settings: dict[str, Any] = {
        "http": {"allow_private_hosts": ["127.0.0.0/8"], "per_host_delay": "0s", "respect_robots": False},
        "extract": {"workers": PROCESSES},
    }
    sources = [
        {"id": f"s{number}", "name": f"Source {number}", "url": f"{host}/feed/{number}", "kind": "feed"}
        for number, host in enumerate(hosts)
    ]
    folder.mkdir()
    (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}), encoding="utf-8")
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (folder / "topics.yaml").write_bytes((CONFIG / "topics.yaml").read_bytes())
    return folder


def _feed(paths: list[str]) -> bytes:
    items = "".join(f"<item><title>{path.rpartition('/')[2]}</title><link>{path}</link></item>" for path in paths)
    return f"<rss version='2.0'><channel><title>Pages</title>{items}</channel></rss>".encode()


def _outcomes(folder: Path) -> dict[str, int]:
    with duckdb.connect(folder / "data" / "news.duckdb", read_only=True) as connection:
        return dict(connection.execute("SELECT outcome, count(*) FROM pages GROUP BY ALL ORDER BY ALL").fetchall())


if __name__ == "__main__":
    main()
