"""Cells of the tables that people take out and bring: written so that no spreadsheet takes one for a formula, and read
as they were meant. The one place for both."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from jobs import exactjson

# What a spreadsheet takes for one when a cell begins so; the last four are wide ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
MARK = "'"  # before such a cell: it is text then


def line(cells: Iterable[Any]) -> str:
    """Write a line of CSV, of which no cell is a formula."""
    text = io.StringIO()
    csv.writer(text).writerow([cell(value) for value in cells])
    return text.getvalue()


def cell(value: Any) -> str:
    """Write a value into a table, with an apostrophe before what a spreadsheet would reckon with."""
    text = "" if value is None else value if isinstance(value, str) else exactjson.dumps(value)
    return MARK + text if text.lstrip(MARK).startswith(FORMULA) else text


def meant(text: str) -> str:
    """Return what a cell was before `cell` has written it: the apostrophe is taken away again."""
    return text[1:] if text.startswith(MARK) and text.lstrip(MARK).startswith(FORMULA) else text
