"""Cells of tables: text that no spreadsheet takes for a formula, read as it was meant. One place for all exports."""

from __future__ import annotations

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
