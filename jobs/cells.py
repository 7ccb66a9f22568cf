"""Tables of jobs: cells that no spreadsheet takes for a formula, read as they were meant, and by what a file is known.
One place for all that go out and come in."""

from __future__ import annotations

import hashlib
import re

# What a spreadsheet takes for one when a cell begins so; the last four are wide ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
MARK = "'"  # before such a cell: it is text then
# The same behind what another spreadsheet takes for the end of a cell.
INSIDE = re.compile(r"([;\t\r\n]'*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
MARKED = re.compile(r"([;\t\r\n]'*)'(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def defused(text: str) -> str:
    """Return the text as a cell, with an apostrophe before whatever a spreadsheet would reckon with."""
    text = INSIDE.sub(r"\1'", text)
    return MARK + text if text.lstrip(MARK).startswith(FORMULA) else text


def meant(text: str) -> str:
    """Return what a cell was before `defused`: the apostrophes are taken away again."""
    if text.startswith(MARK) and text.lstrip(MARK).startswith(FORMULA):
        text = text[1:]
    return MARKED.sub(r"\1", text)


def digest_of(content: bytes, zone: str) -> str:
    """Return by what a file is known: the same bytes in another zone are another file."""
    return hashlib.sha256(zone.encode() + b"\0" + content).hexdigest()


def file_key(digest: str, again: int | str | None = None) -> str:
    """Return the Idempotency-Key of a file: brought twice, by whatever way, its jobs are created once, unless they are
    asked for again."""
    return f"import-{digest}" if again is None else f"import-{digest}-{again}"
