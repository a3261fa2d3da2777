"""One publisher in one edition: which addresses it has, and what each of them answers."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from tasks.demosite.content import Calendar
from tasks.demosite.feeds import FEED_TYPES, FeedEntry, json_feed
from tasks.demosite.model import Article, Oddity, Publisher, slugify, stable_number
from tasks.demosite.resource import Resource, broken, moved, pdf, text
from tasks.demosite.templating import Templates


class PublisherSite:
    """Everything that one publisher answers in one edition; each resource is made when first asked for.

    `teasers` are what its pages point to. They come from the first edition, in order that a page whose own
    article did not change stays the same, byte for byte, in the next edition.
    """

    def __init__(
        self,
        publishers: Mapping[str, Publisher],
        publisher: Publisher,
        articles: Sequence[Article],
        teasers: Sequence[Article],
        base: str,
        templates: Templates,
        calendar: Calendar,
    ) -> None:
        self._publishers, self._p, self._home = publishers, publisher, f"{base}/"
        self._articles, self._teasers = list(articles), list(teasers)
        self._templates, self._calendar = templates, calendar
        self._lock = threading.Lock()
        self._made: dict[str, Resource] = {}
        self._routes = self._all_routes()

    def resource(self, path: str) -> Resource:
        """What `path` (without a query) answers; the publisher's 404 page where there is nothing."""
        route = path if path in self._routes else ""
        with self._lock:
            if route not in self._made:
                self._made[route] = self._routes[route]()
            return self._made[route]

    def _all_routes(self) -> dict[str, Callable[[], Resource]]:
        p = self._p
        routes: dict[str, Callable[[], Resource]] = {
            "": self._not_found,
            "/": self._home_page,
            "/robots.txt": partial(text, p.robots, "text/plain"),
            "/assets/site.css": partial(self._file, "site.css", "text/css"),
            p.feed.path: self._feed,
        }
        sections = {slugify(name): name for name in (*(a.section for a in self._articles), *p.sections)}
        routes |= {f"/{slug}/": partial(self._section, name) for slug, name in sections.items()}
        routes |= {article.path: partial(self._article, article) for article in self._articles}
        numbers = {article.number for article in self._articles}
        routes |= {f"/media/{number}.svg": partial(self._picture, number) for number in numbers}
        routes |= {odd.path: partial(self._oddity, odd) for odd in p.oddities if odd.kind != "missing"}
        routes |= {feed.path: partial(broken, feed.status) for feed in p.more_feeds}
        if p.feed.moved_from:
            routes[p.feed.moved_from] = partial(moved, self._url(p.feed.path))
        return routes

    def _url(self, path: str) -> str:
        return self._home + path.removeprefix("/")

    def _render(self, name: str, **values: object) -> str:
        feed = self._p.feed
        return self._templates.render(
            name,
            p=self._p,
            t=self._templates.labels(self._p),
            home=self._home,
            css=self._url("/assets/site.css"),
            layout=f"themes/{self._p.theme}/layout.html",
            nav=[{"name": name, "url": self._url(f"/{slugify(name)}/")} for name in self._p.sections],
            feed={"url": self._url(feed.path), "type": FEED_TYPES[feed.format]},
            **values,
        )

    def _home_page(self) -> Resource:
        return self._listing("home.html", self._articles)

    def _section(self, name: str) -> Resource:
        items = [article for article in self._articles if slugify(article.section) == slugify(name)]
        return self._listing("section.html", items, section=name)

    def _listing(self, template: str, items: Sequence[Article], **values: object) -> Resource:
        html = self._render(template, items=[self._view(article) for article in items], **values)
        return text(html, modified=max((article.changed for article in items), default=None))

    def _not_found(self) -> Resource:
        return text(self._render("not_found.html"), status=404)

    def _file(self, name: str, content_type: str) -> Resource:
        return text(self._render(name), content_type)

    def _picture(self, number: int) -> Resource:
        return text(self._render("picture.svg", number=number), "image/svg+xml")

    def _oddity(self, odd: Oddity) -> Resource:
        published = self._calendar.moment(self._p, odd.days_ago, odd.time)
        if odd.kind == "pdf":
            return Resource(pdf(odd.title), "application/pdf", modified=published)
        return text(self._render(f"{odd.kind}.html", o=odd), modified=published)

    def _article(self, article: Article) -> Resource:
        others = [other for other in self._teasers if other.slug != article.slug]
        turn = article.number % max(1, len(others))
        turned = others[turn:] + others[:turn]
        popular = sorted(others, key=lambda other: not other.topics)[:5]
        html = self._render(
            f"themes/{self._p.theme}/article.html",
            a=self._view(article) | {"jsonld": self._jsonld(article)},
            middle=[self._view(other) for other in turned[:2]],
            after=[self._view(other) for other in turned[2:5]],
            sidebar=[self._view(other) for other in popular],
        )
        return text(html, modified=article.modified or article.published)

    def _view(self, article: Article) -> dict[str, object]:
        origin = self._publishers[article.copy_of.split("/")[0]] if article.copy_of else None
        date_text = partial(self._templates.long_date, language=self._p.language)
        return vars(article) | {
            "number": article.number,
            "url": self._url(article.path),
            "image": self._url(f"/media/{article.number}.svg"),
            "section_url": self._url(f"/{slugify(article.section)}/"),
            "published_text": date_text(article.published),
            "modified_text": date_text(article.modified or article.published),
            "copied": origin is not None,
            "credit_name": origin.name if origin else "",
            "credit": article.credit or (origin.domain if origin else ""),
        }

    def _jsonld(self, article: Article) -> dict[str, object]:
        people = [{"@type": "Person", "name": name} for name in article.authors]
        data: dict[str, object] = {
            "@type": "NewsArticle",
            "mainEntityOfPage": {"@type": "WebPage", "@id": self._url(article.path)},
            "headline": article.title,
            "description": article.dek,
            "datePublished": article.published.isoformat(),
            "dateModified": (article.modified or article.published).isoformat(),
            "author": people or {"@type": "Organization", "name": self._p.name},
            "publisher": {"@type": "NewsMediaOrganization", "name": self._p.name, "url": self._home},
            "image": {"@type": "ImageObject", "url": self._url(f"/media/{article.number}.svg")},
            "articleSection": article.section,
            "keywords": list(article.tags),
            "inLanguage": f"{self._p.language}-{self._p.country}",
        }
        return data | ({"isAccessibleForFree": False} if article.paywalled else {})

    def _feed(self) -> Resource:
        feed, entries = self._p.feed, self._entries()
        latest = max((entry.changed for entry in entries), default=self._calendar.horizon)
        updated = latest.astimezone(self._p.timezone)
        if feed.format == "json":
            body = json.dumps(json_feed(self._p, self._home, entries), ensure_ascii=False, indent=1)
        else:
            name = f"feeds/{feed.format.partition('-')[0]}.xml"
            body = self._render(name, entries=entries, updated=updated, full=feed.format == "rss-content")
        media_type = f"{FEED_TYPES[feed.format]}; charset=utf-8"
        return Resource(body.encode(), media_type, modified=updated, slow=feed.slow)

    def _entries(self) -> list[FeedEntry]:
        entries = [self._entry(article) for article in self._articles]
        entries += [self._odd_entry(odd) for odd in self._p.oddities]
        return sorted(entries, key=lambda entry: entry.published, reverse=True)

    def _odd_entry(self, odd: Oddity) -> FeedEntry:
        url, published = self._url(odd.path), self._calendar.moment(self._p, odd.days_ago, odd.time)
        return FeedEntry(url, url, stable_number(odd.path), odd.title, odd.text, published, published)

    def _entry(self, article: Article) -> FeedEntry:
        url, tracking = self._url(article.path), self._p.feed.tracking
        full = self._p.feed.format == "rss-content"
        return FeedEntry(
            url=url,
            link=f"{url}?{tracking}" if tracking else url,
            number=article.number,
            title=article.title,
            summary=article.dek,
            published=article.published,
            changed=article.changed,
            modified=article.modified,
            authors=article.authors,
            tags=article.tags,
            html=self._render("feeds/content.html", a=self._view(article)) if full else "",
        )
