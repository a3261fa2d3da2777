"""Who may read an article, as pages declare it."""

from __future__ import annotations

import pytest

from tests.derive.pages import article_page, derived

LOCKED = '{"@type": "WebPageElement", "isAccessibleForFree": false, "cssSelector": ".paywall"}'
OPEN = '{"@type": "WebPageElement", "isAccessibleForFree": "True", "cssSelector": ".lead"}'
DECLARED = [
    ('"isAccessibleForFree": true', "free"),
    ('"isAccessibleForFree": false', "paywalled"),
    ('"isAccessibleForFree": "False"', "paywalled"),
    ('"isAccessibleForFree": "true"', "free"),
    ('"isAccessibleForFree": "http://schema.org/False"', "paywalled"),
    ('"isAccessibleForFree": "https://schema.org/True"', "free"),
    ('"isAccessibleForFree": {"@id": "https://schema.org/False"}', "paywalled"),
    ('"isAccessibleForFree": ["False"]', "paywalled"),
    ('"isAccessibleForFree": null', "unknown"),
    ('"isAccessibleForFree": ""', "unknown"),
    (f'"hasPart": {LOCKED}', "paywalled"),
    (f'"hasPart": [{OPEN}, {LOCKED}]', "paywalled"),
    (f'"isAccessibleForFree": true, "hasPart": {LOCKED}', "paywalled"),
    (f'"isAccessibleForFree": true, "hasPart": [{OPEN}]', "free"),
    (f'"hasPart": {LOCKED.replace("false", chr(34) + "False" + chr(34))}', "paywalled"),
    (f'"hasPart": {OPEN}', "unknown"),
    ('"hasPart": ["#lead", 7, null]', "unknown"),
    ('"headline": "Cells"', "unknown"),
]
TIERS = {"locked": "paywalled", "metered": "paywalled", "free": "free", "Free": "free", "gold": "unknown"}


@pytest.mark.parametrize(("fields", "access"), DECLARED)
def test_access_is_read_from_json_ld(fields: str, access: str) -> None:
    script = f'<script type="application/ld+json">{{"@type": "NewsArticle", {fields}}}</script>'
    assert derived(article_page(script)).access == access


@pytest.mark.parametrize(("tier", "access"), TIERS.items())
def test_access_is_read_from_the_content_tier(tier: str, access: str) -> None:
    assert derived(article_page(f'<meta property="article:content_tier" content="{tier}">')).access == access
