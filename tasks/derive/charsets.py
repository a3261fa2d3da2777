"""The text of pages that are not UTF-8, also where they say that they are, or say nothing.

Browsers read such a page as it is declared, else by the reader's own language (HTML Standard, 13.2.3.2), and a wrong
declaration gives U+FFFD. But whoever searches the text later cannot choose another encoding by hand.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, html_to_unicode, http_content_type_encoding

from tasks.derive.language import detect_language

_DETECTED = 100_000
"""Bytes from which an encoding is guessed."""
_SAMPLED = 20_000
"""Bytes whose letters tell the language."""
_WESTERN = "cp1252"
_ENCODINGS = {
    **dict.fromkeys(["bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl", "sq"], "cp1250"),
    **dict.fromkeys(["et", "lt", "lv"], "cp1257"),
    **dict.fromkeys(["az", "tr"], "cp1254"),
    "vi": "cp1258",
    **dict.fromkeys(
        ["ca", "da", "de", "es", "eu", "fi", "fr", "gl", "is", "it", "nb", "nl", "no", "pt", "sv"], _WESTERN
    ),
}
"""Windows encodings of languages in Latin letters. English is not among them: templates call everything English."""
_LATIN = re.compile(
    r"cp(?:125[02478]|437|775|8[56]\d|500|037|273|1026|1140)|iso8859_(?:[12349]|1[03-6])|latin_1|hp_.*|"
    r"mac_(?:roman|latin2|iceland|turkish)"
)
_SAME_LETTERS = {
    "cp1250": ("cp1250", "iso8859_2"),
    "cp1254": ("cp1254", "iso8859_9"),
    "cp1257": ("cp1257", "iso8859_13"),
}
_LANG = re.compile(rb"<html\b[^>]{0,500}?\blang\s*=\s*[\"']?([a-z]{2})\b", re.IGNORECASE)
_NO_TEXT = re.compile(rb"<(script|style)\b.*?</\1|<[^>]*>|[^a-z\s]+", re.IGNORECASE | re.DOTALL)
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_ASCII = bytes(range(128))


def decode_other(body: bytes, content_type: str | None) -> str:
    """The text of a page that is no valid UTF-8: as header or meta element declare it, else by what it looks like.

    Stray bytes in what is UTF-8 otherwise are read as Windows-1252. Raises nothing.
    """
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body)
    if declared not in (None, "utf-8"):
        return html_to_unicode(content_type, body, default_encoding=_WESTERN)[1]
    rest = _SEQUENCE.sub(b"", body)
    strays = len(rest.translate(None, _ASCII))
    if 2 * strays < len(body) - len(rest):  # a sequence is two bytes or more
        return body.decode("utf-8", _STRAYS)
    return body.decode(_guess(body), "replace")


def _guess(body: bytes) -> str:
    """The encoding of a page in one that has none of its own to declare."""
    best = from_bytes(body[:_DETECTED]).best()
    detected = best.encoding if best else _WESTERN
    found = _LANG.search(body[:_SAMPLED])
    stated = found[1].decode("ascii").lower() if found else ""
    if not _LATIN.fullmatch(detected) and stated not in _ENCODINGS:
        return detected
    letters = _NO_TEXT.sub(b" ", body[:_SAMPLED]).decode("ascii", "ignore")
    language = stated if stated in _ENCODINGS else detect_language(" ".join(letters.split()), None)
    encoding = _ENCODINGS.get(language or "", _WESTERN)
    return detected if detected in _SAME_LETTERS.get(encoding, ()) else encoding


_STRAYS = "newsdesk-strays"


def _stray_byte(error: UnicodeError) -> tuple[str, int]:
    """Error handler of the UTF-8 decoder: one byte as Windows-1252; what is cut off at the end is lost."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if error.reason == "unexpected end of data":
        return "\ufffd", len(error.object)
    return error.object[error.start : error.start + 1].decode(_WESTERN, "replace"), error.start + 1


codecs.register_error(_STRAYS, _stray_byte)
