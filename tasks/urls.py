"""URL identity: which addresses are the same page, and the ids made from them.

`clean` gives the address to fetch and to show; `identity` the key under which all addresses of one page meet.
courlan's cleaning was tried and left: it drops parameters such as `cid`, `uid` and `source`, by which some sites tell
their articles apart, and rewrites percent-encoded Latin-1, so two articles could become one.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, safe_url_string

MAX_CHARS = 8_000
"""Longer addresses are refused: RFC 9110 (4.1) asks servers to take 8,000, and no article needs more."""

_TRACKING = re.compile(
    r"(?:utm_\w+|mtm_\w+|pk_\w+|piwik_\w+|hsa_\w+|vero_\w+|oly_\w+|_hs\w+|at_\w+|ns_\w+|stm_\w+|wt_\w+|"
    r"fbclid|gclid|dclid|gbraid|wbraid|msclkid|twclid|yclid|ysclid|igshid|igsh|mc_cid|mc_eid|mkt_tok|"
    r"_ga|_gl|gs_l|cmp|cmpid|icid|intcmp|ref_src|ref_url|referrer|share|ocid|ito|xtor|smid|smtyp|srnd|ftag|"
    r"taid|__twitter_impression|s_cid|phpsessid|jsessionid|aspsessionid\w*|amp)(?:=.*)?|outputtype=amp|"
    r"(?:rss|print)=(?:1|true|yes)|s=\d\d|"  # s: shared on Twitter
    # Other values of ref may be the article's own name or number.
    r"ref=(?:rss|feed|atom|twitter|tw|x|facebook|fb|whatsapp|telegram|share|social|(?:front|home)(?:[-_]?page)?|top|nav|"
    r"menu|latest|related|more|search|google|newsletter|e?mail|app|push|[a-z\d-]+(?:\.[a-z\d-]+)+)",
    re.IGNORECASE,
)
# Names that are a session on one site and an article's number on the next: the value decides.
_SESSION = re.compile(r"(?:sid|session_?id|oscsid|zenid)=(?=[^&]*\d)(?=[^&]*[a-z])[0-9a-z]{16,}", re.IGNORECASE)
_PATH_SESSION = re.compile(r";(jsessionid|phpsessid|sid)=[^/?#]*|/\([SXF]\([0-9a-z]{20,}\)\)(?=/)", re.IGNORECASE)
_INDEX = re.compile(r"/(index|default)\.(html?|php|aspx?)$", re.IGNORECASE)
_AMP_PATH = re.compile(r"^/amp(?=/.)|(/amp|\.amp)(?=(\.html?)?/?$)", re.IGNORECASE)
_HOST_PREFIX = re.compile(r"^(www\d?|amp|m|mobile)\.(?=[^.]+\.)", re.IGNORECASE)
_FRONT = re.compile(
    r"/?|/[a-z]{2}(?:[-_][a-z]{2})?|/(?:home(?:[-_]?page)?|index|start(?:seite)?|inicio|portada|accueil)(?:\.\w{2,5})?",
    re.IGNORECASE,
)
_DOTTED_END = re.compile(r"\.(?:html?|php|aspx?|jsp|do)$", re.IGNORECASE)
# What a place is called that stands in for an article: the last segment of a path.
_GATE = re.compile(
    r"(?:(?:user|account|member|customer)s?[-_]?)?(?:log|sign)[-_]?(?:in|on|up)|sso|oauth2?|auth|authori[sz]e|"
    r"authenticat(?:e|ion)|regist(?:er|ration)|subscri(?:be|ption)s?|paywall|captcha|challenge|"
    r"(?:cookie|privacy|gdpr|tracking)?[-_]?(?:consent|wall|gate)|"
    r"(?:error[-_]?)?404|(?:page[-_]?)?not[-_]?found|error(?:[-_]?page)?|"
    r"anmelden|einloggen|connexion|abonnement|accedi|acceso|iniciar[-_]sesion|suscripcion(?:es)?|assinatura|entrar",
    re.IGNORECASE,
)
# A label of a host name; others, such as gate, are newspapers' too.
_GATE_HOST = frozenset(("consent", "login", "signin", "accounts", "account", "auth", "sso"))
# What no host name holds (URL Standard, forbidden domain code points); after IDNA it is ASCII.
_NOT_IN_HOST = re.compile(r"[^\x21-\x7e]|[\"#%/:<>?@\[\\\]^`{|}]")


def clean(url: str) -> str:
    """The address to fetch: absolute, safely encoded, no credentials, fragment, tracking or session.

    Raises ValueError where `url` is not an absolute http or https address, and nothing else.
    """
    parts, host = _parsed(_PATH_SESSION.sub("", url.strip()))
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _is_noise(pair))
    return urlunsplit((parts.scheme, host, parts.path or "/", query, ""))


def clean_hop(url: str) -> str:
    """An address as it has to be asked for: nothing is removed that the server may need.

    Raises ValueError where it is not an absolute http or https address.
    """
    parts, host = _parsed(url)
    return urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))


def identity(url: str) -> str:
    """The key under which all addresses of one page meet.

    It has no scheme, `www.`, AMP, index file or trailing slash, and its query in alphabetical order.
    """
    parts = urlsplit(canonicalize_url(clean(url)))
    host = _HOST_PREFIX.sub("", parts.netloc)
    path = _AMP_PATH.sub("", _INDEX.sub("/", parts.path)).rstrip("/")
    return f"{host}{path}" + (f"?{parts.query}" if parts.query else "")


def site(url: str) -> str:
    """The publisher's host as people write it, without `www.`."""
    return _HOST_PREFIX.sub("", urlsplit(url).hostname or "")


@lru_cache(maxsize=4096)
def host(url: str) -> str:
    """The host and port that one politeness queue serves; http and https on their own ports are one. "" without one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    name = (parts.hostname or "").rstrip(".")
    return name if port in (None, 80, 443) else f"{name}:{port}"


def leads_away(asked: str, final: str) -> bool:
    """Whether an article's address `asked` was redirected to a page that cannot be the article.

    That is its site's front page; a place for logging in, consenting, subscribing or telling of an error, by its name;
    or one of no article's form that carries the address that was asked for along in its query, in order to lead back
    to it. What is true of the address that was asked for already is no sign.
    """
    began, ended = _identified(asked), _identified(final)
    if began.path == ended.path and (began.query == ended.query or began.netloc == ended.netloc):
        return False
    is_site_itself = f".{began.netloc}".endswith(f".{ended.netloc}") or ended.netloc.count(".") < 2
    if _is_front(ended) and is_site_itself:  # a host of its own may be one article's
        return bool(began.path.strip("/") or began.query)
    if _gates(ended) - _gates(began):
        return True
    return began.path != ended.path and not _has_form_of_article(ended.path) and _carries(ended.query, began)


def make_id(text: str) -> str:
    """A stable id: the first 16 hexadecimal digits (64 bits) of the text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def page_id(url: str) -> str:
    """The id of the page behind an address; the same for every address of one page."""
    return make_id(identity(url))


def _identified(url: str) -> SplitResult:
    """The parts of an address's identity."""
    return urlsplit(f"//{identity(url)}")


def _is_front(parts: SplitResult) -> bool:
    """Whether an identity is a site's front page, or that of a language or country: `/`, `/en`."""
    return not parts.query and bool(_FRONT.fullmatch(parts.path))


def _gates(parts: SplitResult) -> set[str]:
    name = _DOTTED_END.sub("", parts.path.rpartition("/")[2]).lower()
    return {name for name in [name] if _GATE.fullmatch(name)} | (_GATE_HOST & {*parts.netloc.split(".")[:-2]})


def _has_form_of_article(path: str) -> bool:
    """Whether a path has a section and a name, or a name of several words."""
    return path.count("/") > 1 or path.count("-") > 1


def _carries(query: str, asked: SplitResult) -> bool:
    """Whether a query has an address among its values: whole, or its path alone."""
    if len(asked.path) < 2:
        return False
    values = [unquote(value) for _, value in parse_qsl(query)]
    own = (path.partition("?")[0].rstrip("/") for path in values)
    return asked.path in own or any(f"{asked.netloc}{asked.path}" in value for value in values)


def _parsed(url: str) -> tuple[SplitResult, str]:
    """The parts of a safely encoded address, and its host with the port where that is not the scheme's own."""
    if len(url) > MAX_CHARS:
        raise ValueError(f"an address of {len(url)} characters: {url[:80]!r}")
    parts = urlsplit(safe_url_string(url))
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"not an absolute http or https address: {url[:200]!r}")
    host = _host(parts.hostname or "")
    if not host:
        raise ValueError(f"no host name that can exist: {url[:200]!r}")
    if parts.port is not None and parts.port != (443 if parts.scheme == "https" else 80):
        host += f":{parts.port}"
    return parts, host


def _host(name: str) -> str:
    """The host name as it goes into an address; "" where no such host can exist."""
    if ":" in name:
        return f"[{name}]" if "%" not in name else ""
    name = name.removesuffix(".")
    if _NOT_IN_HOST.search(name) or len(name) > 253 or not all(0 < len(label) < 64 for label in name.split(".")):
        return ""
    return name


def _is_noise(pair: str) -> bool:
    """Whether a part of the query is there for the publisher's statistics or a visitor's session."""
    pair = pair.replace("%5F", "_").replace("%5f", "_")
    return bool(_TRACKING.fullmatch(pair) or _SESSION.fullmatch(pair))
