"""What a page declares about itself outside its text: `meta`, `link` and `title` elements, read in one pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urljoin

from lxml.html import HtmlElement

from tasks.derive.strings import one_line

MAX_VALUE = 2_000
"""Characters kept of one declaration."""


@dataclass(frozen=True, slots=True)
class Head:
    """The page's declarations. `meta` maps a lower-case name, property or itemprop to its values in document order."""

    title: str = ""
    language: str | None = None
    canonical: str | None = None
    meta: dict[str, list[str]] = field(default_factory=dict)

    def first(self, *names: str) -> str | None:
        """The first value of the first of `names` that the page declares."""
        return next((self.meta[name][0] for name in names if name in self.meta), None)

    def all(self, *names: str) -> list[str]:
        """Every value of all of `names`, in the order of the names."""
        return [value for name in names for value in self.meta.get(name, ())]


def read_head(tree: HtmlElement, url: str) -> Head:
    """Read the declarations of a page whose address is `url`; elements count wherever broken markup has put them."""
    meta: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        value = one_line((element.get("content") or "")[:MAX_VALUE])
        if not value:
            continue
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = element.get(attribute)
            if name:
                meta.setdefault(name.strip().lower(), []).append(value)
    canonical = next((link.get("href") for link in tree.iter("link") if _is_canonical(link)), None)
    title = next((one_line(element.text_content()[:MAX_VALUE]) for element in tree.iter("title")), "")
    language = (tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "").strip() or None
    return Head(title, language, _absolute(url, canonical), meta)


def _is_canonical(link: HtmlElement) -> bool:
    return "canonical" in (link.get("rel") or "").lower().split() and bool((link.get("href") or "").strip())


def _absolute(url: str, href: str | None) -> str | None:
    try:
        return urljoin(url, href.strip()) if href else None
    except ValueError:
        return None
