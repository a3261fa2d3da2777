"""What the names of elements say: which of them hold an article, and which are furniture inside one.

The words are those of trafilatura's expressions (`trafilatura.xpaths`: BODY, OVERALL_DISCARD, TEASER_DISCARD,
DISCARD_IMAGE_ELEMENTS, REMOVE_COMMENTS), so that the walk of `tasks.derive.reading` and the extractor agree. A page
repeats most of its names and the pages of a site share them: answers are remembered.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lxml.html import HtmlElement

KNOWN_NAMES, LONG_NAME = 20_000, 300
"""Names whose answer is remembered, and the characters from which one is not worth the memory."""
CONTAINERS = ("article", "div", "main", "section")
"""Elements that may hold an article."""

_BODY_ID = re.compile(r"(?:entry|article|art)-content|article__content|article(?:-|__)?body|articleBody|body-text")
_BODY_CLASS = re.compile(
    r"post[-_]text|post-body|post-?entry|post[-_]?content|postContent|post_inner_wrapper|article-?text|articleText|"
    r"(?:entry|page|text|article|art)-content|article__content|article(?:-|__)?body|articleBody|ArticleContent|"
    r"body-text|article__container"
)
_STORY_ID = re.compile(r"^primary|story-body")
_STORY_CLASS = re.compile(
    r"(?i:fulltext)|^article |post-bodycopy|story-?content|(?:theme|blog|section|single)-content|single-post|"
    r"main-column|wpb_text_column|story-body|field-body"
)
_CONTENT_ID = re.compile(r"content-main|content-body|contentBody|[cCmM]ain-[cC]ontent")
_CONTENT_CLASS = re.compile(r"content[-_]main|content(?:-|__)body|[mM]ain-[cC]ontent|[pP]age-[cC]ontent")

_NAMED_TAGS = frozenset(("div", "li", "ul", "ol", "dl", "dd", "dt", "p", "section", "span"))
_EITHER = (
    "^shar|social|viral|newsletter|syndication|tags|sidebar|banner|bread-?crumb|button|author|cookie|message-container|"
    "[Tt]easer|caption|[fF]ooter"
)
_ID = re.compile(rf"{_EITHER}|^jp-|^dpsp-content|[sS]hare|[nN]av|menu|related|premium|^ad-")
_CLASS = re.compile(
    rf"{_EITHER}|^nav|^post-nav|subnav|avigation|navbar|navbox|menu|bar| ad |-ad-|(?:^| )ad-|dfp[Aa]d|outbrain|taboola|"
    r"criteo|paid-?content|widget|[bB]yline|share-|sociable|embed|tag-list|consent|modal-content|permission|elated|"
    r"next-|-stories|most-popular|more-on|meta|rating|attachment|timestamp|user-info|user-profile|-icon|"
    r"article-infos|slide|viewport|overlay|options|expand|obfuscated|blurred"
)
_COMMENTS = "^[Cc]omment(?!ary)|^reply-|akismet"
_ANY_ID = re.compile(rf"{_COMMENTS}|hidden|reader-comments|^comol|^disqus_thread|^dsq-comments")
_ANY_CLASS = re.compile(
    rf"{_COMMENTS}|comments-title|nocomments|(?:article|post)-comments|^hide-|-reply-|message|suggest-links|-hide-|"
    r"hide-print| hidden| hide|noprint|notloaded"
)
_SURE = re.compile(
    "[Cc]omment(?!ary)|^reply|akismet|disqus|[Tt]easer|caption|[Ss]hare|[Ss]ocial|sidebar|related|[Ff]ooter|newsletter"
)
_NOT_SHOWN = re.compile(r"display: ?none|hidden")


def article_container(tree: HtmlElement, is_enough: frozenset[HtmlElement]) -> HtmlElement | None:
    """The container among `is_enough` whose name says most surely that it holds the article; None without one.

    The first of those with the surest kind of name, in document order.
    """
    best, sureness = None, 6
    for element in tree.iter(*CONTAINERS):
        if element in is_enough:
            names = [element.get(name) or "" for name in ("class", "id", "itemprop", "role")]
            tell = _sureness if sum(map(len, names)) < LONG_NAME else _sureness.__wrapped__
            found = tell(element.tag, *names)
            if found < sureness:
                best, sureness = element, found
    return best


@lru_cache(KNOWN_NAMES)
def _sureness(tag: str, css_class: str, css_id: str, item: str, role: str) -> int:
    """1 (an article's text) to 5 (the main part of a page), 6 for a name that says nothing."""
    if css_class in ("post", "entry") or item == "articleBody" or css_id == "articleContent":
        return 1
    if _BODY_ID.search(css_id) or _BODY_CLASS.search(css_class):
        return 1
    if tag == "article":
        return 2
    if role == "article" or css_id in ("article", "story"):
        return 3
    if css_class in ("postarea", "art-postcontent", "text", "cell", "story"):
        return 3
    if _STORY_ID.search(css_id) or _STORY_CLASS.search(css_class):
        return 3
    if "content" in (css_id, css_class) or _CONTENT_ID.search(css_id) or _CONTENT_CLASS.search(css_class):
        return 4
    is_main = tag == "main" or css_class.startswith("main") or css_id.startswith("main") or role.startswith("main")
    return 5 if is_main else 6


def is_furniture(element: HtmlElement) -> bool:
    """Whether an element inside an article is named or marked as something else: sharing, teasers, comments, hidden."""
    css_class, css_id = element.get("class") or "", element.get("id") or ""
    length = len(css_class) + len(css_id)
    tell = _is_named_furniture if length < LONG_NAME else _is_named_furniture.__wrapped__
    return (length > 0 and tell(element.tag in _NAMED_TAGS, css_class, css_id)) or _is_hidden(element)


def is_surely_furniture(element: HtmlElement) -> bool:
    """The same by the words alone that never name what is around a text."""
    css_class, css_id = element.get("class") or "", element.get("id") or ""
    return bool(_SURE.search(css_class) or _SURE.search(css_id)) or _is_hidden(element)


@lru_cache(KNOWN_NAMES)
def _is_named_furniture(is_block: bool, css_class: str, css_id: str) -> bool:
    if is_block and (_CLASS.search(css_class) or _ID.search(css_id)):
        return True
    return bool(_ANY_CLASS.search(css_class) or _ANY_ID.search(css_id))


def _is_hidden(element: HtmlElement) -> bool:
    style = element.get("style")
    if (style and _NOT_SHOWN.search(style)) or element.get("aria-hidden") == "true":
        return True
    return "nav" in (element.get("role") or "").lower()
