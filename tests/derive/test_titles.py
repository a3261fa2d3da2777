"""The title: a vote among what a page says of it, without the site's name."""

from __future__ import annotations

import pytest

from tests.derive.pages import derived, html, paragraphs

REAL = "Prison choir wins the county prize"
OG = "<meta property='og:site_name' content='Marlow Post'>"
CASES = {
    "title element only": (f"<title>{REAL} - Marlow Post</title>", "", REAL),
    "site's name first": (f"<title>Marlow Post | {REAL}</title>", "", REAL),
    "section and site": (f"<title>{REAL} | Culture | Marlow Post</title>", f"<h1>{REAL}</h1>", REAL),
    "host as name": (f"<title>{REAL} – marlow-post.example</title>", "", REAL),
    "the heading that readers see": (
        "<title>Choir prize: all winners</title><meta property='og:title' content='Choir prize winners'>",
        f"<h1>{REAL}</h1>",
        REAL,
    ),
    "logo in the first h1": (
        f"<title>{REAL} | Marlow Post</title>",
        f"<h1 class='logo'><a href='/'>Marlow Post Online</a></h1><h1>{REAL}</h1>",
        REAL,
    ),
    "a headline that is called a logo": (
        f"<title>{REAL} | Marlow Post | Culture</title><meta property='og:title' content='{REAL}'>",
        f"<h1>Culture</h1><h1 class='branded'>{REAL}</h1>",
        REAL,
    ),
    "cut off at an ellipsis": (
        "<meta property='og:title' content='Prison choir wins the…'><title>Prison choir wins the…</title>"
        '<script type="application/ld+json">{"@type":"Article","headline":"Prison choir wins the…"}</script>',
        f"<h1>{REAL}</h1>",
        REAL,
    ),
    "kicker in the h1": (
        f"<title>{REAL}</title>",
        f"<h1><span class='kicker'>Music behind bars</span> <span>{REAL}</span></h1>",
        REAL,
    ),
    "unmarked kicker": (
        f"<meta property='og:title' content='{REAL}'>",
        f"<h1><span>Music behind bars</span><span>{REAL}</span></h1>",
        REAL,
    ),
    "entities in JSON-LD": (
        '<script type="application/ld+json">{"@type":"Article","headline":"Caf&eacute; in jail &amp; choir"}</script>',
        "",
        "Café in jail & choir",
    ),
    "a dash of its own": (
        f"<title>{REAL} – and gives it away | Marlow Post</title>",
        "",
        f"{REAL} – and gives it away",
    ),
}


@pytest.mark.parametrize(("head", "body", "title"), CASES.values(), ids=CASES.keys())
def test_title(head: str, body: str, title: str) -> None:
    page = html(f"<main>{body}{paragraphs()}</main>", title="").replace("<title></title>", OG + head)
    assert derived(page).title == title
