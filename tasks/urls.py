"""URL identity: which addresses are the same page, and the ids made from them.

`clean` gives the address to fetch and to show; `identity` the key under which all addresses of one page meet.
courlan's cleaning was tried and left: it drops parameters such as `cid`, `uid` and `source`, by which some sites tell
their articles apart, and rewrites percent-encoded Latin-1, so two articles could become one.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit, urlunsplit

from w3lib.url import canonicalize_url, safe_url_string, url_query_cleaner

_TRACKING = re.compile(
    r"^(utm_\w+|mtm_\w+|pk_\w+|piwik_\w+|hsa_\w+|vero_\w+|oly_\w+|_hs\w+|at_\w+|ns_\w+|stm_\w+|wt_\w+|"
    r"fbclid|gclid|dclid|gbraid|wbraid|msclkid|twclid|yclid|ysclid|igshid|igsh|mc_cid|mc_eid|mkt_tok|"
    r"_ga|_gl|gs_l|cmpid|ocid|ito|xtor|smid|smtyp|srnd|ftag|taid|__twitter_impression|s_cid|"
    r"phpsessid|jsessionid|sessionid|session_id|aspsessionid\w*|sid|outputtype|amp)$",
    re.IGNORECASE,
)
_PATH_SESSION = re.compile(r";(jsessionid|phpsessid|sid)=[^/?#]*", re.IGNORECASE)
_INDEX = re.compile(r"/(index|default)\.(html?|php|aspx?)$", re.IGNORECASE)
_AMP_PATH = re.compile(r"(/amp|\.amp)(?=(\.html?)?/?$)", re.IGNORECASE)
_HOST_PREFIX = re.compile(r"^(www\d?|amp|m|mobile)\.(?=[^.]+\.)", re.IGNORECASE)


def clean(url: str) -> str:
    """The address to fetch: absolute, canonical percent-encoding, no credentials, fragment, tracking or session.

    Raises ValueError where `url` is not an absolute http or https address.
    """
    parts = urlsplit(canonicalize_url(_PATH_SESSION.sub("", url.strip())))
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", parts.hostname):
        raise ValueError(f"not an absolute http or https address: {url!r}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.port and parts.port != (443 if parts.scheme == "https" else 80):
        host += f":{parts.port}"
    tracking = [pair.partition("=")[0] for pair in parts.query.split("&") if _TRACKING.match(pair.partition("=")[0])]
    cleaned = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
    return url_query_cleaner(cleaned, tracking, remove=True, unique=False) if tracking else cleaned


def clean_hop(url: str) -> str:
    """A redirect's target as it has to be asked for: nothing is removed that the server may need.

    Raises ValueError where it is not an absolute http or https address.
    """
    parts = urlsplit(safe_url_string(url))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"redirected to something that is not an http or https address: {url!r}")
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path or "/", parts.query, ""))


def identity(url: str) -> str:
    """The key under which all addresses of one page meet: no scheme, `www.`, AMP, index file or trailing slash."""
    parts = urlsplit(clean(url))
    host = _HOST_PREFIX.sub("", parts.netloc)
    path = _AMP_PATH.sub("", _INDEX.sub("/", parts.path)).rstrip("/")
    return f"{host}{path}" + (f"?{parts.query}" if parts.query else "")


def site(url: str) -> str:
    """The publisher's host as people write it, without `www.`."""
    return _HOST_PREFIX.sub("", urlsplit(url).hostname or "")


def host(url: str) -> str:
    """The host and port that one politeness queue serves."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def make_id(text: str) -> str:
    """A stable id: the first 16 hexadecimal digits (64 bits) of the text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def page_id(url: str) -> str:
    """The id of the page behind an address; the same for every address of one page."""
    return make_id(identity(url))
