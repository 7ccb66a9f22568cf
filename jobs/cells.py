"""Cells of tables: text that no spreadsheet takes for a formula, read as it was meant. One place for all exports."""

from __future__ import annotations

# What a spreadsheet takes for one when a cell begins so; the last four are wide ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
MARK = "'"  # before such a cell: it is text then


def defused(text: str) -> str:
    """Return the text as a cell, with an apostrophe before what a spreadsheet would reckon with."""
    return MARK + text if text.lstrip(MARK).startswith(FORMULA) else text


def meant(text: str) -> str:
    """Return what a cell was before `defused`: the apostrophe is taken away again."""
    return text[1:] if text.startswith(MARK) and text.lstrip(MARK).startswith(FORMULA) else text
