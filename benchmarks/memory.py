"""Most memory of a whole pass with 1,000 and with 20,000 pending pages, in MB, without Prefect's temporary server."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml

from benchmarks._sites import serving
from benchmarks._watched import Watched, watch
from benchmarks.passes import CONFIG

HOSTS, ENTRIES, WORKERS = 20, 1000, 2

_PAGE = (
    "<html lang='en'><head><title>Report {n} of the harbour council</title><meta property='og:type' content='article'>"
    "<meta property='article:published_time' content='2026-11-20T10:00:00Z'></head><body><main><article>"
    "<h1>Report {n} of the harbour council</h1>{body}</article></main></body></html>"
)
_PARAGRAPH = (
    "<p>In its report number {n} the council looked at berth {m}, where ferries wait for the tide, and asked the "
    "harbour master to say by spring what dredging it would cost, who pays, and how long the quay is closed.</p>"
)


def main() -> None:
    """Print the table."""
    print("| pending pages | wall s | pass, MB | a worker, MB | together, MB |\n| --- | --- | --- | --- | --- |")
    for pages in (1000, 20000):
        seen = _measure(pages)
        parent, worker = (max(sizes) / 1e6 for sizes in zip(*seen.memory, strict=True))
        together = max(parent + WORKERS * worker for parent, worker in seen.memory) / 1e6
        print(f"| {pages} | {seen.wall:.0f} | {parent:.0f} | {worker:.0f} | {together:.0f} |", flush=True)


def _measure(pages: int) -> Watched:
    documents = {f"/page/{n}": ("text/html", _page(n)) for n in range(pages)}
    feeds = max(1, pages // ENTRIES)
    for feed in range(feeds):
        numbers = range(feed * ENTRIES, min(pages, (feed + 1) * ENTRIES))
        documents[f"/feed/{feed}"] = ("application/rss+xml", _feed(numbers))
    with tempfile.TemporaryDirectory() as folder, serving(documents, HOSTS) as hosts:
        config = Path(folder) / "config"
        config.mkdir()
        sources = [
            {"id": f"s{feed}", "name": f"Source {feed}", "url": f"{hosts[feed % HOSTS]}/feed/{feed}", "kind": "feed"}
            for feed in range(feeds)
        ]
        http = {"allow_private_hosts": ["127.0.0.0/8"], "per_host_delay": "0s", "respect_robots": False}
        settings = {"http": http, "extract": {"workers": WORKERS}}
        (config / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}))
        (config / "topics.yaml").write_text((CONFIG / "topics.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        (config / "settings.yaml").write_text(yaml.safe_dump(settings))
        return watch(["--config", str(config), "--data", folder, "run", "--json"])


def _page(n: int) -> bytes:
    body = "".join(_PARAGRAPH.format(n=n, m=n * 7 + k) for k in range(6))
    return _PAGE.format(n=n, body=body).encode()


def _feed(numbers: range) -> bytes:
    items = "".join(f"<item><title>Report {n}</title><link>/page/{n}</link></item>" for n in numbers)
    return f"<rss version='2.0'><channel><title>Reports</title>{items}</channel></rss>".encode()


if __name__ == "__main__":
    main()
