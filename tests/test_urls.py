"""URL identity: which addresses are one page, which are not, and what is no address at all."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks import urls

CLEANED = [
    ("http://Example.COM", "http://example.com/"),
    ("  http://example.com/a  ", "http://example.com/a"),
    ("http://example.com:80/a", "http://example.com/a"),
    ("https://example.com:443/a", "https://example.com/a"),
    ("https://example.com:80/a", "https://example.com:80/a"),
    ("http://example.com./a", "http://example.com/a"),
    ("http://user:secret@example.com/a", "http://example.com/a"),
    ("http://example.com/a#part", "http://example.com/a"),
    ("http://example.com?id=1", "http://example.com/?id=1"),
    ("http://example.com/a?", "http://example.com/a"),
    ("http://example.com/a b", "http://example.com/a%20b"),
    ("http://example.com/a\n\tb", "http://example.com/ab"),
    ("http://example.com\\a", "http://example.com/a"),
    # Other alphabets: what stands in the address as UTF-8 or as escapes of another encoding stays what it is.
    ("http://example.com/préso?q=año", "http://example.com/pr%C3%A9so?q=a%C3%B1o"),
    ("http://example.com/pr%E9so?q=a%F1o", "http://example.com/pr%E9so?q=a%F1o"),
    ("http://bücher.example/a", "http://xn--bcher-kva.example/a"),
    ("http://例え.example/a", "http://xn--r8jz45g.example/a"),
    ("http://１２７.0.0.1/", "http://127.0.0.1/"),
    ("http://[2001:DB8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
    # The server gets the query as the publisher wrote it: order, blank values and separators may matter to it.
    ("http://example.com/?b=2&a=1", "http://example.com/?b=2&a=1"),
    ("http://example.com/?12345", "http://example.com/?12345"),
    ("http://example.com/?a=&b", "http://example.com/?a=&b"),
    ("http://example.com/?a=1;b=2", "http://example.com/?a=1;b=2"),
    # Tracking and sessions go.
    ("http://example.com/a?utm_source=x&id=7&UTM_Medium=y", "http://example.com/a?id=7"),
    ("http://example.com/a?CMP=x&ref=home&share=twitter&rss=1&print=true&s=09", "http://example.com/a"),
    (
        "http://example.com/a?s=prison&print=brochure&reference=7",
        "http://example.com/a?s=prison&print=brochure&reference=7",
    ),
    ("http://example.com/a?utm%5Fsource=x", "http://example.com/a"),
    ("http://example.com/a?fbclid=x&gclid=y&mc_cid=z", "http://example.com/a"),
    ("http://example.com/a?PHPSESSID=1", "http://example.com/a"),
    ("http://example.com/a;jsessionid=AB12?id=7", "http://example.com/a?id=7"),
    ("http://example.com/(S(lit3py55t21z5v55vlm25s55))/a.aspx", "http://example.com/a.aspx"),
    ("http://example.com/a?sid=0a1b2c3d4e5f60718293a4b5c6d7e8f9&id=7", "http://example.com/a?id=7"),
    ("http://example.com/a?amp&id=7", "http://example.com/a?id=7"),
    ("http://example.com/a?outputType=amp", "http://example.com/a"),
    # What only looks like them stays: some sites tell their articles apart by it.
    ("http://example.com/news.php?sid=1234", "http://example.com/news.php?sid=1234"),
    ("http://example.com/a?session_id=12345678901234567890", "http://example.com/a?session_id=12345678901234567890"),
    ("http://example.com/a?outputType=pdf", "http://example.com/a?outputType=pdf"),
    ("http://example.com/news.php?ref=flood-in-town", "http://example.com/news.php?ref=flood-in-town"),
    ("http://example.com/a?ref=other.example.org", "http://example.com/a"),
    ("http://example.com/a?cid=1&uid=2&source=3&ref=4", "http://example.com/a?cid=1&uid=2&source=3&ref=4"),
    ("http://example.com/a?amplitude=3", "http://example.com/a?amplitude=3"),
]


@pytest.mark.parametrize(("given_url", "expected"), CLEANED)
def test_clean(given_url: str, expected: str) -> None:
    assert urls.clean(given_url) == expected
    assert urls.clean(expected) == expected


NO_ADDRESS = [
    "",
    "example.com/a",
    "/a",
    "//example.com/a",
    "http:example.com",
    "http:///a",
    "http://",
    "http://?a",
    "ftp://example.com/a",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/html,x",
    "mailto:a@example.com",
    "gopher://example.com:70/",
    "http://exa mple.com/",
    "http://exa<mple.com/",
    "http://exa%6dple.com/",
    "http://.example.com/",
    "http://example..com/",
    "http://" + "a" * 64 + ".com/",
    "http://" + "a." * 130 + "com/",
    "http://example.com:99999/",
    "http://example.com:port/",
    "http://[::1/",
    "http://[fe80::1%25eth0]/",
    "http://[nonsense]/",
    "http://\ud800.com/",
    "http://example.com/\ud800",
    "http://example.com/" + "a" * urls.MAX_CHARS,
]


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_address_is_a_value_error(url: str) -> None:
    with pytest.raises(ValueError) as raised:
        urls.clean(url)
    assert len(str(raised.value)) < 500


PARTS = st.lists(
    st.sampled_from(
        ["http", "https", ":", "/", "//", "?", "#", "&", "=", "@", "[", "]", "%", "%25", "%zz", "\\", ";", ".", "..",
         "www.", "amp", "m.", "example", ".com", ":80", ":0", "::1", "١٢٧", "ß", "\u200b", "。", "\0", " ", "\t",
         "\ud800", "xn--", "index.html", "utm_source=1", "sid=0a1b2c3d4e5f60718293", ";jsessionid=1", "é", "%E9",
         "+", "|", "'"]
    ),
    max_size=12,
)  # fmt: skip


@given(
    st.one_of(st.text(max_size=60), PARTS.map("".join), PARTS.map(lambda parts: "http://example.com" + "".join(parts)))
)
@example("http://a@b@c/")
@example("http://xn--/")
@example("http://example.com/%")
def test_whatever_the_text_only_a_value_error_is_raised_and_cleaning_twice_changes_nothing(text: str) -> None:
    urls.host(text)
    try:
        cleaned = urls.clean(text)
    except ValueError:
        return
    assert urls.clean(cleaned) == cleaned
    assert cleaned.isascii() and cleaned.startswith(("http://", "https://"))
    assert urls.page_id(cleaned) == urls.page_id(text)
    assert urls.identity(cleaned) == urls.identity(text)


ONE_PAGE = [
    "http://example.com/news/story",
    "https://example.com/news/story",
    "https://www.example.com/news/story",
    "https://www2.example.com/news/story",
    "https://m.example.com/news/story",
    "https://mobile.example.com/news/story",
    "https://amp.example.com/news/story",
    "https://EXAMPLE.com:443/news/story/",
    "https://example.com./news/story",
    "https://example.com/news/story#comments",
    "https://example.com/news/story?utm_campaign=x",
    "https://example.com/news/story?fbclid=x#top",
    "https://example.com/news/story;jsessionid=0F3A",
    "https://example.com/news/story/amp",
    "https://example.com/news/story/amp/",
    "https://example.com/news/story.amp",
    "https://example.com/amp/news/story",
    "https://example.com/news/story?amp=1",
    "https://example.com/news/story/index.html",
    "https://example.com/news/story/index.php",
    "https://example.com/news/./x/../story",
    "https://example.com/ne%77s/story",
    "https://user:pw@example.com/news/story",
]


@pytest.mark.parametrize("url", ONE_PAGE)
def test_one_page_has_many_addresses(url: str) -> None:
    assert urls.page_id(url) == urls.page_id(ONE_PAGE[0])


SAME = [
    ("http://example.com", "http://example.com/"),
    ("http://example.com/?b=2&a=1", "http://example.com/?a=1&b=2"),
    ("http://example.com/caf%c3%a9", "http://example.com/café"),
    ("http://bücher.example/", "http://xn--bcher-kva.example/"),
    ("http://example.com/index.php?id=3", "http://example.com/?id=3"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_page(one: str, other: str) -> None:
    assert urls.page_id(one) == urls.page_id(other)


DIFFERENT = [
    ("http://example.com/news.php?sid=1", "http://example.com/news.php?sid=2"),
    ("http://example.com/?p=1", "http://example.com/?p=2"),
    ("http://example.com/a", "http://example.com/A"),
    ("http://example.com/a", "http://example.org/a"),
    ("http://one.example.com/a", "http://two.example.com/a"),
    ("http://example.com/a", "http://example.com:8080/a"),
    ("http://example.com/amp", "http://example.com/map"),
    ("http://example.com/camp", "http://example.com/c"),
    ("http://example.com/caf%E9", "http://example.com/caf%C3%A9"),
    ("http://example.com/a?page=1", "http://example.com/a?page=2"),
    ("http://m.co/a", "http://co/a"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_not_the_same_page(one: str, other: str) -> None:
    assert urls.page_id(one) != urls.page_id(other)


HOSTS = [
    ("http://example.com/a", "example.com"),
    ("https://example.com:443/a", "example.com"),
    ("http://EXAMPLE.com.:80/a", "example.com"),
    ("http://user:pw@example.com/a", "example.com"),
    ("http://example.com:8080/a", "example.com:8080"),
    ("http://www.example.com/a", "www.example.com"),
    ("http://[::1]:8080/a", "::1:8080"),
    ("http://[::1", ""),
    ("http://example.com:99999/", ""),
    ("nonsense", ""),
]


@pytest.mark.parametrize(("url", "expected"), HOSTS)
def test_one_queue_for_one_host(url: str, expected: str) -> None:
    assert urls.host(url) == expected


HOPS = [
    ("http://example.com/a?utm_source=x&b=1#c", "http://example.com/a?utm_source=x&b=1"),
    ("http://user:pw@example.com/a", "http://example.com/a"),
    ("http://example.com", "http://example.com/"),
    ("http://example.com/a b", "http://example.com/a%20b"),
]


@pytest.mark.parametrize(("url", "expected"), HOPS)
def test_a_redirect_is_followed_as_it_was_given(url: str, expected: str) -> None:
    assert urls.clean_hop(url) == expected


@pytest.mark.parametrize("url", ["file:///etc/passwd", "javascript:alert(1)", "ftp://example.com/", "http:///a", ""])
def test_a_redirect_leads_to_web_addresses_only(url: str) -> None:
    with pytest.raises(ValueError, match=r"not an absolute|no host name"):
        urls.clean_hop(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://www.example.com/a", "example.com"), ("http://news.example.com/", "news.example.com")],
)
def test_the_site_as_people_write_it(url: str, expected: str) -> None:
    assert urls.site(url) == expected


# An article's address, where it was redirected to, and whether that cannot be the article.
LED = [
    ("https://x.example/a", "https://x.example/", True),
    ("https://x.example/2026/03/a?id=7", "https://www.x.example/index.html", True),
    ("https://x.example/2026/03/a", "https://x.example/en/", True),
    ("https://short.example/k3w", "https://x.example/", True),
    ("https://x.example/?p=12", "https://x.example/?from=feed", False),  # not surely a front page
    ("https://x.example/", "https://www.x.example/en/", False),
    ("https://x.example/?p=12", "https://x.example/2026/03/a", False),
    ("http://x.example/a", "https://www.x.example/a/?utm_source=x", False),
    ("https://x.example/2026/03/a", "https://x.example/2026/03/a-new-slug", False),
    ("https://x.example/a", "https://x.example/login", True),
    ("https://x.example/a", "https://x.example/user/sign-in.php?id=3", True),
    ("https://x.example/a", "https://login.x.example/welcome/here", True),
    ("https://x.example/a", "https://consent.group.example/v2/collect", True),
    ("https://x.example/a", "https://x.example/cookie-consent/", True),
    ("https://x.example/a", "https://x.example/404.html", True),
    ("https://x.example/a", "https://x.example/errors/page-not-found", True),
    ("https://x.example/a", "https://x.example/news/login-failures-hit-banks", False),
    ("https://login.x.example/a", "https://login.x.example/b", False),
    ("https://x.example/news/a", "https://y.example/hello?back=https%3A%2F%2Fx.example%2Fnews%2Fa%3Fid%3D1", True),
    ("https://x.example/news/a", "https://x.example/hello?next=/news/a", True),
    ("https://x.example/news/a", "https://x.example/hello?next=/news/another", False),
    ("https://x.example/news/a", "https://x.example/news/a?from=https://x.example/news/a", False),
    ("https://x.example/2026/a", "https://x.example/home", True),
    ("https://x.example/2026/a", "https://x.example/startseite.html", True),
    ("https://x.example/2026/a", "https://x.example/news/slug?redirectedFrom=/2026/a", False),
    ("https://x.example/2026/a", "https://y.example/2026/a?from=https://x.example/2026/a", False),
    ("https://x.example/old/1", "https://x.example/gate/2026/story", False),
    ("https://x.example/old/1", "https://x.example/error/in-the-count", False),
    ("https://t.example/k3w", "https://gate.paper.example.org/News/1.aspx", False),
    ("https://t.example/k3w", "https://www.register.co.example/2026/story", False),
    ("https://x.example/a-long-read", "https://interactive.x.example/", False),
    ("https://r.example/to?u=https://x.example/news/a", "https://x.example/news/a", False),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "final", "expected"), LED)
def test_redirects_that_lead_away_from_the_article(asked: str, final: str, expected: bool) -> None:
    assert urls.leads_away(urls.clean(asked), urls.clean_hop(final)) is expected
