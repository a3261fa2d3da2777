"""A feed's bytes as text, and its marked-up strings as plain text.

Every pattern here is linear in its input: feeds are written by strangers, and a pattern that backtracks is a way to
hang a pass.
"""

from __future__ import annotations

import codecs
import re
from html import unescape
from html.entities import html5

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, to_unicode

SUMMARY_CHARS = 2000
"""The longest summary that is kept, in characters; longer ones end with an ellipsis."""
TITLE_CHARS = 1000

_MARKUP_CHARS = 20_000  # of a description's markup are read for its summary: ten times what is kept

_WITHOUT_BOM = {b"<\0\0\0": "utf-32-le", b"\0\0\0<": "utf-32-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_SEVEN_BIT = ("iso2022", "hz")  # encodings whose every byte is ASCII, so that they pass for UTF-8
# What a body may be in, by the start of Python's name for it. Python's other codecs are no character sets
# ("punycode", "unicode-escape", "hex"), and some take quadratic time.
_CHARSETS = ("utf-8", "cp", "iso8859", "big5", "gb", "euc", "shift", "johab", "koi8", "mac", "tis", *_SEVEN_BIT)
_NOT_XML_CHARACTER = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufeff\ufffe\uffff]")  # and the byte order mark
_CHARACTER_REFERENCE = re.compile(r"&#(?:[0-9]+|[xX][0-9a-fA-F]+);")
_NAMED_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|apos);)[A-Za-z][A-Za-z0-9]{1,30};")

_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template|noscript)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
_INLINE = re.compile(
    r"</?(?:a|abbr|acronym|b|big|cite|code|del|em|font|i|ins|mark|q|s|small|span|strong|su[bp]|tt|u)(?=[\s/>])[^<>]*+>",
    re.IGNORECASE,
)
_TAG = re.compile(r"""</?[a-z!?](?:(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>|[^<>]*+(?:>|\Z))""", re.IGNORECASE)


def decode(body: bytes, content_type: str | None) -> str:
    """The body as text, without byte order mark and control characters.

    The encoding is, in this order: the byte order mark's; UTF-8 where the bytes are valid UTF-8, whatever was declared
    (other encodings almost never are by chance); the one of `content_type`, then of the XML declaration (RFC 7303);
    at last UTF-8 with stray bytes read as Windows-1252, which is what a feed pasted together from two sources holds.
    """
    return _NOT_XML_CHARACTER.sub("", _decode(body, content_type))


def _decode(body: bytes, content_type: str | None) -> str:
    encoding, mark = read_bom(body)
    if encoding and mark:
        return to_unicode(body[len(mark) :], encoding)
    for start, encoding in _WITHOUT_BOM.items():
        if body.startswith(start):
            return to_unicode(body, encoding)
    found = (http_content_type_encoding(content_type), html_body_declared_encoding(body))
    # UTF-16 and UTF-32 are not among them: a document without zero bytes is in neither, whatever it says.
    declared = [name for name in found if name and name.startswith(_CHARSETS)]
    candidates = declared if any(name.startswith(_SEVEN_BIT) for name in declared) else ["utf-8", *declared]
    for name in candidates:
        try:
            # Incremental: a document cut off inside a character is still in its encoding.
            return codecs.getincrementaldecoder(name)().decode(body)
        except UnicodeError:
            continue
    if declared and "utf-8" not in declared:
        return to_unicode(body, declared[0])
    return body.decode("utf-8", "newsdesk-cp1252")


def _stray_byte(error: UnicodeError) -> tuple[str, int]:
    """Error handler of the UTF-8 decoder: the bytes that are not UTF-8, as Windows-1252."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("newsdesk-cp1252", _stray_byte)


def resolve_references(text: str) -> str:
    """XML text with its references resolved that need not stay, so that a strict parser takes it.

    Entities of HTML become their characters, references to characters that XML forbids go; markup characters stay
    escaped, and entities of the document's own stay as they are: nothing is ever expanded.
    """
    return _NAMED_ENTITY.sub(_named, _CHARACTER_REFERENCE.sub(_numbered, text)) if "&" in text else text


def _numbered(reference: re.Match[str]) -> str:
    """A character reference as its character; "" where XML forbids it: one such ends an XML parser's work."""
    digits = reference[0][2:-1]
    if len(digits) > 9:
        return ""
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    allowed = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF
    return _escaped(chr(code)) if allowed else ""


def _named(reference: re.Match[str]) -> str:
    """An HTML entity as its character: XML knows five of them, feeds use them all."""
    character = html5.get(reference[0][1:])
    return _escaped(character) if character else reference[0]


def _escaped(characters: str) -> str:
    return "".join(f"&#{ord(char)};" if char in "<>&\"'" else char for char in characters)


def plain(value: str, *, markup: bool = True) -> str:
    """Plain text on one line: entities resolved and, where `markup` is to be expected, tags and scripts removed."""
    if markup and "<" in value:
        value = _TAG.sub(" ", _INLINE.sub("", _HIDDEN.sub(" ", value)))
    if "&" in value:
        value = unescape(value)
    return " ".join(value.split())


def title(value: str, *, markup: bool = True) -> str | None:
    """A title as plain text; None where nothing is left."""
    return _shortened(plain(value[:_MARKUP_CHARS], markup=markup), TITLE_CHARS) or None


def summary(value: str, *, markup: bool = True) -> str | None:
    """The beginning of a description as plain text, at most `SUMMARY_CHARS` long; None where nothing is left."""
    return _shortened(plain(value[:_MARKUP_CHARS], markup=markup), SUMMARY_CHARS) or None


def _shortened(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head, _, rest = text[:limit].rpartition(" ")
    return (head if len(rest) < limit // 2 else text[: limit - 1]) + "…"
