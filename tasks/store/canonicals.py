"""Which pages with one canonical address are one article, and where that address is not to be believed.

rel=canonical is the publisher's word (RFC 6596), and some templates give it wrongly: a section's address, or the day's
first story, from every article. A page is believed to be another address of an article only where it looks like it:
print, AMP and tracking variants have nearly the same text, and the parts of a long article the same title at addresses
that belong together. Any other page is an article of its own, under its own address, and loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tasks import urls
from tasks.store import held
from tasks.store.rows import reading, to_json
from tasks.store.state import Connection

SHARED_WORDS = 0.5
"""Jaccard similarity of the sets of words from which two texts are the same: two articles of one site on different
subjects have about 0.2, an article after an edit more than 0.7."""

_WORD = re.compile(r"\w+")
_OWN = reading({"page_id": "VARCHAR", "article_id": "VARCHAR", "url": "VARCHAR", "site": "VARCHAR"})
FIRST = "owner DESC, page_id = article_id DESC, first_seen_at, page_id"
"""SQL for which of a commit's pages is the article: the one that is it already, the one at the canonical address (the
first part of a long article), the one known first."""
_ROUNDS = 3
"""A page's own address may be another page's canonical address; after that nothing is left to collide with."""


@dataclass(frozen=True, slots=True)
class Version:
    """What was found at an address (`url` after redirects)."""

    url: str
    title: str
    text: str


def same_article(one: Version, other: Version) -> bool:
    """Whether two pages that call the same address canonical are the same article."""
    if urls.identity(one.url) == urls.identity(other.url):
        return True
    if shared_words(one.text, other.text) >= SHARED_WORDS:
        return True
    return one.title.casefold() == other.title.casefold() and _belong_together(one.url, other.url)


def shared_words(one: str, other: str) -> float:
    """The Jaccard similarity of the sets of words of two texts, 0 to 1."""
    ours, theirs = set(_WORD.findall(one.casefold())), set(_WORD.findall(other.casefold()))
    return len(ours & theirs) / max(1, len(ours | theirs))


def _belong_together(one: str, other: str) -> bool:
    """Whether the paths differ only by what follows (`/2`, a query) or by what comes before (`/print`, an edition)."""
    first, second = sorted((_path(one), _path(other)), key=len)
    return first == second or (bool(first) and (second[: len(first)] == first or first[-1] == second[-1]))


def _path(url: str) -> list[str]:
    return urls.identity(url).partition("?")[0].split("/")[1:]


def separate(connection: Connection) -> None:
    """Give each page in the temporary table `identified` that is not the article it claims an identity of its own.

    The page that holds that article keeps its id, but not an address that has turned out to be no article's own.
    `endings` must hold the pages' final addresses, `held_articles` what is stored (see `held`).
    """
    for _ in range(_ROUNDS):
        claims = [_Claim(*row) for row in connection.execute(_CLAIMS).fetchall()]
        refuted = [claim for claim in claims if not same_article(claim.page, claim.holder)]
        if not refuted:
            return
        connection.execute(_MOVE, {"rows": to_json(_own(claim) for claim in refuted)})
        corrected = to_json(_corrections(refuted))
        connection.execute(_CORRECT_INCOMING, {"rows": corrected})
        for statement in _CORRECT_STORED:
            connection.execute(statement, {"rows": corrected})
        held.gather_more(connection)


class _Claim:
    """A page of this commit, and the page that holds the article which it claims to be."""

    def __init__(self, page_id: str, article_id: str, claimed: str, holder_id: str, *versions: Any) -> None:
        self.page_id = page_id
        self.article_id = article_id
        self.claimed = claimed
        self.holder_id = holder_id
        self.page = Version(*versions[:3])
        self.holder = Version(*versions[3:])


def _own(claim: _Claim) -> dict[str, str]:
    """The page's own identity; where a wrong canonical address has taken its id, one that nobody else can have."""
    url = urls.clean(claim.page.url)
    own = urls.page_id(url)
    article_id = own if own != claim.article_id else urls.make_id(f"page {urls.identity(url)}")
    return {"page_id": claim.page_id, "article_id": article_id, "url": url, "site": urls.site(url)}


def _corrections(refuted: Iterable[_Claim]) -> Iterator[dict[str, str]]:
    for claim in {claim.holder_id: claim for claim in refuted}.values():
        url = urls.clean(claim.holder.url)
        if urls.identity(url) != urls.identity(claim.claimed):
            fields = {"page_id": claim.holder_id, "article_id": claim.article_id}
            yield {**fields, "url": url, "site": urls.site(url)}


# The holder is the page of the stored article, else the page of this commit that will be chosen for it.
_CLAIMS = f"""
    WITH known AS (
        SELECT a.article_id, a.url AS claimed, h.page_id, coalesce(h.final_url, h.url) AS url, a.title, a.text,
               a.content_hash
        FROM held_articles AS a JOIN pages AS h ON h.article_id = a.article_id AND h.outcome = 'article'
        WHERE a.article_id IN (SELECT article_id FROM identified WHERE NOT owner)
    ), incoming_holders AS (
        SELECT article_id, i.url AS claimed, page_id, e.final_url AS url, title, text, content_hash
        FROM identified AS i JOIN endings AS e USING (page_id)
        WHERE article_id NOT IN (SELECT article_id FROM known)
        QUALIFY row_number() OVER (PARTITION BY article_id ORDER BY {FIRST}) = 1
    ), holders AS (
        FROM known UNION ALL FROM incoming_holders
    )
    SELECT i.page_id, i.article_id, h.claimed, h.page_id, e.final_url, i.title, i.text, h.url, h.title, h.text
    FROM identified AS i JOIN endings AS e USING (page_id) JOIN holders AS h USING (article_id)
    WHERE NOT i.owner AND i.page_id <> h.page_id AND i.content_hash <> h.content_hash
    ORDER BY i.page_id"""

_MOVE = f"""
    UPDATE identified AS i SET article_id = o.article_id, url = o.url, site = o.site
    FROM ({_OWN}) AS o WHERE i.page_id = o.page_id"""

_CORRECT_INCOMING = f"""
    UPDATE identified AS i SET url = o.url, site = o.site FROM ({_OWN}) AS o WHERE i.page_id = o.page_id"""

# The site stays: it is the same publisher's, and stories have counted it.
_CORRECT_STORED = [
    f"UPDATE {table} AS a SET url = o.url FROM ({_OWN}) AS o WHERE a.article_id = o.article_id"
    for table in ("articles", "held_articles")
]
