"""What a page says about its article: each field from the most reliable source that has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from tasks import urls
from tasks.derive import jsonld
from tasks.derive.access import declared_access
from tasks.derive.authors import clean_authors, from_jsonld, is_person, is_site, is_weak
from tasks.derive.bylines import visible_authors
from tasks.derive.head import Head
from tasks.derive.strings import fold, one_line
from tasks.derive.titles import choose_title
from tasks.model import Entry

_AUTHOR_META = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl")
_IMAGE_META = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src", "image")
_TAG_META = ("article:tag", "news_keywords", "parsely-tags", "keywords")
_WRITTEN_BY = re.compile(
    r"(?:written|posted) by|(?:verfasst|geschrieben) von|(?:escrito|publicado) por|écrit par|rédigé par|scritto da|"
    r"geschreven door|autor(?:in)?|author",
    re.IGNORECASE,
)
_ROLE = re.compile(r"(?:staff|guest|web|online) (?:reporter|writer|editor|author|correspondent)$", re.IGNORECASE)
"""Roles that are nobody's name beside another."""
MAX_TAGS = 30


@dataclass(frozen=True, slots=True)
class Metadata:
    """The page's own description. `elsewhere` is an address on another site that the page declares to be the original;
    it is no identity here."""

    title: str
    authors: tuple[str, ...]
    canonical: str | None
    elsewhere: str | None
    image_url: str | None
    tags: tuple[str, ...]
    access: str


def read_metadata(tree: HtmlElement, head: Head, nodes: list[jsonld.Node], url: str, hint: Entry | None) -> Metadata:
    """Read every field but the dates. `url` is the page's address after redirects, `hint` the feed's entry for it."""
    articles = jsonld.articles(nodes)
    sites = site_names(head, articles, url)
    canonical, elsewhere = _canonical(head, url)
    title = choose_title(tree, _declared_titles(head, articles, hint), sites, url)
    own = jsonld.of_page(articles, (url, head.canonical, head.first("og:url")), title)
    return Metadata(
        title=title,
        authors=_authors(tree, head, own, nodes, sites, hint),
        canonical=canonical,
        elsewhere=elsewhere or _syndicated_from(head, url),
        image_url=_image(head, articles, url, hint),
        tags=_tags(head, articles, hint),
        access=declared_access(own, head),
    )


def site_names(head: Head, articles: list[jsonld.Node], url: str) -> set[str]:
    """The folded names the site goes by: og:site_name, the publisher in JSON-LD, and its host."""
    host = urls.site(url)
    labels = host.split(".")
    names = [host, labels[-2] if len(labels) > 1 else host, *head.all("og:site_name", "application-name")]
    names += [name for n in articles if (name := jsonld.text_of(n.get("publisher")))]
    return {fold(name) for name in names}


def _declared_titles(head: Head, articles: list[jsonld.Node], hint: Entry | None) -> list[tuple[str, str | None]]:
    return [
        ("headline", jsonld.text_of(articles[0].get("headline")) if articles else None),
        ("og", head.first("og:title")),
        ("twitter", head.first("twitter:title")),
        ("title", head.title),
        ("feed", hint.title if hint else None),
    ]


def _authors(
    tree: HtmlElement,
    head: Head,
    articles: list[jsonld.Node],
    nodes: list[jsonld.Node],
    sites: set[str],
    hint: Entry | None,
) -> tuple[str, ...]:
    """The first source that names full names; else one that names somebody; else the site or its newsroom, if named."""
    declared = next((d for article in articles[:5] if (d := from_jsonld(article, nodes))[0]), ([], []))
    only_organisations = len(declared[0]) == len(declared[1])
    sources: list[Callable[[], Iterable[str]]] = [
        lambda: () if only_organisations else declared[0],
        lambda: [name for name in head.all(*_AUTHOR_META)[:10] if not _names_site(name, sites)],
        lambda: _written_by(head),
        lambda: visible_authors(tree),
        lambda: hint.authors if hint else (),
    ]
    somebody: tuple[str, ...] = ()
    anybody: tuple[str, ...] = clean_authors(declared[1])
    for source in sources:
        names = clean_authors(source())
        if len(names) > 1:
            names = tuple(name for name in names if not (is_site(name, sites) or _ROLE.match(name)))
        people = tuple(name for name in names if not is_site(name, sites))
        if any(is_person(name) and not is_weak(name) for name in people):
            return people
        if any(not is_weak(name) for name in people):
            somebody = somebody or people
        anybody = anybody or names
    return somebody or anybody


def _written_by(head: Head) -> list[str]:
    """The author in the labelled pairs that are made for previews in chats ("Written by", "Time to read")."""
    return [
        value
        for number in ("1", "2")
        for label, value in zip(head.all(f"twitter:label{number}"), head.all(f"twitter:data{number}"), strict=False)
        if _WRITTEN_BY.match(label)
    ]


def _names_site(name: str, sites: set[str]) -> bool:
    """Whether an author is the publisher with its address: "example.org, Springfield", "The Example (example.org)"."""
    hosts = [site.replace(" ", ".") for site in sites if " " in site]
    return ("," in name and is_site(name.split(",")[0], sites)) or any(host in name.lower() for host in hosts)


def _canonical(head: Head, url: str) -> tuple[str | None, str | None]:
    """(the believed canonical address, a canonical address on another site)."""
    elsewhere = None
    for stated in (head.canonical, head.first("og:url")):
        try:
            cleaned = urls.clean(urljoin(url, stated)) if stated else ""
        except ValueError:
            continue
        if not cleaned or not _is_article_path(cleaned):
            continue
        if _same_site(cleaned, url):
            return cleaned, elsewhere
        elsewhere = elsewhere or cleaned
    return None, elsewhere


def _syndicated_from(head: Head, url: str) -> str | None:
    """The address on another site that the page declares as its original for news aggregators."""
    stated = [value for value in head.all("syndication-source", "original-source") if "://" in value]
    try:
        cleaned = urls.clean(stated[0]) if stated else ""
    except ValueError:
        return None
    return cleaned if cleaned and not _same_site(cleaned, url) else None


def _is_article_path(url: str) -> bool:
    """Not a home page, nor the root of a language."""
    parts = urlsplit(url)
    path = parts.path.strip("/")
    return len(path) > 3 or "/" in path or bool(parts.query)


def _same_site(a: str, b: str) -> bool:
    one, other = urls.site(a), urls.site(b)
    return one == other or one.endswith("." + other) or other.endswith("." + one)


def _image(head: Head, articles: list[jsonld.Node], url: str, hint: Entry | None) -> str | None:
    stated = head.first(*_IMAGE_META) or next((i for n in articles if (i := _image_of(n))), None)
    stated = stated or (hint.image_url if hint else None)
    try:
        absolute = urljoin(url, stated) if stated else ""
    except ValueError:
        return None
    return absolute if absolute.startswith(("http://", "https://")) else None


def _image_of(node: jsonld.Node) -> str | None:
    image = node.get("image")
    image = image[0] if isinstance(image, list) and image else image
    return jsonld.text_of(image.get("url") if isinstance(image, dict) else image)


def _tags(head: Head, articles: list[jsonld.Node], hint: Entry | None) -> tuple[str, ...]:
    keywords = articles[0].get("keywords") if articles else None
    values = [k for k in keywords if isinstance(k, str)] if isinstance(keywords, list) else [str(keywords or "")]
    stated = [tag for value in [*values, *head.all(*_TAG_META)] for tag in value.split(",")]
    stated += hint.tags if hint else ()
    unique = {fold(tag): one_line(tag) for tag in reversed(stated) if 1 < len(one_line(tag)) <= 60}
    return tuple(reversed(unique.values()))[:MAX_TAGS]
