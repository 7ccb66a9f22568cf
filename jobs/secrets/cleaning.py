"""Takes secret values out of texts, also where they were written in another form on their way there."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

MASK = "********"
SHORTEST = 6  # characters: to hide a shorter one would spoil words that have nothing to do with it
SHORTEST_PART = 12  # of what stands between separators: a shorter one may be any word
BETWEEN = re.compile(r"[\s;,=&]+")
WITH_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9-]*) +(?P<rest>\S+)")  # RFC 9110, 11.4: Bearer, Basic
ESCAPE = re.compile(r"%[0-9A-F]{2}")
# How JSON is written so that it can stand in HTML: by Go, and by Django.
IN_PAGES = [str.maketrans({sign: f"\\u{ord(sign):04{kind}}" for sign in "<>&"}) for kind in "xX"]


class Cleaner:
    """Puts stars in the place of secret values in a text, in whatever form they stand there."""

    def __init__(self, forms: Iterable[str]) -> None:
        self._forms = sorted(forms, key=len, reverse=True)
        #: Characters of the longest form.
        self.longest = len(self._forms[0])

    def __call__(self, text: str) -> str:
        """Return the text without the values."""
        for form in self._forms:  # a pattern of them all takes longer to make than most jobs have to say
            if form in text:
                text = text.replace(form, MASK)
        return text

    def cut(self, text: str, *, before: bool = False, after: bool = False) -> str:
        """Return a text that was cut off before or after, without the values, and without all that may be a part of one
        there. What goes depends on no value: else whoever has a body say what he likes could guess it letter by letter.
        """
        if not text:
            return text
        begin = min(self.longest - 1, len(text)) if before else 0
        end = max(len(text) - self.longest + 1, begin) if after else len(text)
        begin, end = self._beside(text, begin), self._beside(text, end, step=-1)
        inner = self(text[begin:end]) if begin < end else ""
        return MASK * before + inner + MASK * after if inner else MASK

    def _beside(self, text: str, at: int, step: int = 1) -> int:
        """Return the place, or the next in this direction at which no value is cut in two."""
        moved = True
        while moved:
            moved = False
            for form in self._forms:
                found = text.find(form, max(at - len(form) + 1, 0), at + len(form) - 1)
                if 0 <= found < at < found + len(form):
                    at, moved = (found + len(form) if step > 0 else found), True
        return at


def cleaner(values: Iterable[str]) -> Cleaner | None:
    """Return what puts stars in the place of these values in a text; None where there is nothing to look for."""
    wanted = {part for value in values for part in _parts(value) if len(part) >= SHORTEST}
    forms = {form for value in wanted for form in _forms(value) if len(form) >= SHORTEST}
    return Cleaner(forms) if forms else None


def _parts(value: str) -> Iterator[str]:
    """Yield the value, and what of it may be told alone: its lines, a token without its scheme, a password."""
    yield value
    yield value.strip()
    yield from (line.strip() for line in value.splitlines())
    yield from (part for part in BETWEEN.split(value) if len(part) >= SHORTEST_PART)
    if (scheme := WITH_SCHEME.fullmatch(value.strip())) is not None:
        yield scheme["rest"]
        if scheme["scheme"].lower() == "basic":
            yield from _of_basic(scheme["rest"])


def _of_basic(text: str) -> Iterator[str]:
    try:
        pair = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return
    yield pair
    yield pair.partition(":")[2]


def _forms(value: str) -> Iterator[str]:
    """Yield the value as it is written in JSON, addresses, HTML, Python's own words and Base64."""
    value = value.encode("utf-8", "replace").decode()  # half a surrogate pair has none of these
    yield from (value, repr(value)[1:-1])
    for written in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
        yield from (written, written.replace("/", "\\/"), json.dumps(written)[1:-1])  # PHP's; and JSON in JSON
        for codes in IN_PAGES:
            yield written.translate(codes)
    for address in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield from (address, ESCAPE.sub(lambda found: found[0].lower(), address))
    page = html.escape(value)
    yield from (page, page.replace("&#x27;", "&#39;").replace("&quot;", "&#34;"))  # of Go and Jinja
    yield from _in_base64(value.encode())


def _in_base64(whole: bytes) -> Iterator[str]:
    """Yield the characters of its Base64 that depend on nothing that stands beside it, as in `user:password`."""
    for before in range(3):
        data = b"\0" * before + whole
        first, last = -(-before * 8 // 6), len(data) * 8 // 6
        yield base64.b64encode(data).decode()[first:last]
        yield base64.urlsafe_b64encode(data).decode()[first:last]
