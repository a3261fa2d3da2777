"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from datetime import datetime
from html import escape
from typing import Any

from tasks.capture import feeddates, feedtext
from tasks.capture.feedfields import MAX_ENTRIES, file_url, language_tag, names, page_url
from tasks.model import Entry, Feed


def read_json(text: str, url: str, now: datetime) -> Feed | None:
    """The feed in `text`, fetched from `url`; None where it is JSON but no JSON Feed.

    Entries come as in `feedxml.read_xml`: not yet settled. A field of the wrong type is as good as absent. Raises
    ValueError where the text is no JSON.
    """
    try:
        document = json.loads(text, strict=False)  # line breaks inside strings do occur
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(document, dict) or not _is_feed(document):
        return None
    return Feed(
        title=feedtext.title(_text(document, "title"), markup=False),
        entries=tuple(_entry(item, url, now) for item in _objects(document, "items")[:MAX_ENTRIES]),
        language=language_tag(_text(document, "language")),
        site_url=page_url([_text(document, "home_page_url")], url) or None,
    )


def _entry(item: dict[str, Any], base: str, now: datetime) -> Entry:
    html, text = _text(item, "content_html"), _text(item, "content_text")
    about = _text(item, "summary")
    author = item.get("author")  # what JSON Feed 1.0 had
    people = _objects(item, "authors") or ([author] if isinstance(author, dict) else [])
    return Entry(
        entry_id=_identifier(item),
        url=page_url([_text(item, "url"), _text(item, "external_url")], base) or page_url([_text(item, "id")], ""),
        title=feedtext.title(_text(item, "title"), markup=False),
        published_at=feeddates.plausible(feeddates.from_iso(_text(item, "date_published")), now),
        updated_at=feeddates.plausible(feeddates.from_iso(_text(item, "date_modified")), now),
        authors=names(feedtext.plain(_text(person, "name")) for person in people),
        summary=feedtext.summary(about or text, markup=False) if about or text else feedtext.summary(html),
        content_html=html or escape(text, quote=False) or None,
        tags=names(feedtext.plain(_string(tag)) for tag in _list(item, "tags")),
        image_url=file_url([_text(item, "image"), _text(item, "banner_image")], base),
    )


def _is_feed(document: dict[str, Any]) -> bool:
    """By its version, or by keys that no other format has: feeds with a wrong or missing version do exist."""
    if "jsonfeed.org" in _text(document, "version"):
        return True
    return isinstance(document.get("items"), list) and bool({"home_page_url", "feed_url"} & document.keys())


def _text(item: dict[str, Any], key: str) -> str:
    return _string(item.get(key))


def _string(value: object) -> str:
    # Half of an emoji, cut in two by a careless summary, is legal in JSON and nowhere else.
    return value.encode("utf-8", "ignore").decode() if isinstance(value, str) else ""


def _identifier(item: dict[str, Any]) -> str:
    """The specification wants a string, and has readers take numbers as well."""
    value = item.get("id")
    return str(value) if isinstance(value, int | float) else _text(item, "id")


def _list(item: dict[str, Any], key: str) -> list[Any]:
    value = item.get(key)
    return value if isinstance(value, list) else []


def _objects(item: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [value for value in _list(item, key) if isinstance(value, dict)]
