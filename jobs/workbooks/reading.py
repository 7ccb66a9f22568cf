"""Rows of a workbook as texts, so that they are read as those of CSV are."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zipfile import ZipFile

from jobs.workbooks import LONGEST_CELL, NoWorkbook, guard, needed
from jobs.workbooks.escapes import unescaped

LARGEST_WHOLE = 2**53  # up to which a fraction that is a whole number is exactly that one
SHOWN = 40  # characters of a formula
FORMULA, ERROR = "f", "e"  # kinds of cells
MOST_PLACES = 10 * guard.MOST_CELLS  # of all rows, also empty ones: a row reaches to its last cell
MOST_CHARACTERS = guard.MOST_UNPACKED  # of all rows: a shared text counts for each cell that has it


class SheetRow(NamedTuple):
    """A row: its number in the sheet, from 1; its cells as texts; and of those that cannot be read, by their place from
    0, why."""

    number: int
    cells: list[str]
    unreadable: Mapping[int, str]


class Sheet(NamedTuple):
    """The first sheet that can be seen; `others`: names of those that are not read."""

    rows: Iterator[SheetRow]
    others: list[str]


def read(content: bytes) -> Sheet:
    """Return the rows of a workbook that have anything in them. Raises NotInstalled, and NoWorkbook, this also while
    the rows are read."""
    needed()
    from openpyxl import load_workbook  # noqa: PLC0415 - it may be missing

    try:
        with ZipFile(io.BytesIO(content)) as archive:
            guard.check(archive)
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        seen = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not seen:
            raise NoWorkbook("This workbook has no sheet that can be seen; show the one with the jobs.")
        seen[0].reset_dimensions()  # what a file says of its size may be less than it has
        return Sheet(_rows(seen[0]), [sheet.title for sheet in seen[1:]])
    except NoWorkbook:
        raise
    except Exception as error:  # each way to pack and each encoding has errors of its own
        raise NoWorkbook(guard.BROKEN) from error


def _rows(sheet: Any) -> Iterator[SheetRow]:
    rows = iter(sheet.iter_rows())
    number = places = characters = 0
    while True:
        try:
            cells = next(rows, None)
        except Exception as error:
            raise NoWorkbook(guard.BROKEN) from error
        if cells is None:
            return
        number += 1
        places += len(cells)
        row = _row(number, cells)
        characters += sum(map(len, row.cells)) if row else 0
        if places > MOST_PLACES or characters > MOST_CHARACTERS:
            guard.too_much("The rows of this workbook are too much.")
        if row is not None:
            yield row


def _row(number: int, cells: Any) -> SheetRow | None:
    """Return the row; None for one with nothing in it."""
    texts: list[str] = []
    unreadable: dict[int, str] = {}
    for cell in cells:
        value = cell.value
        if value is None:
            texts.append("")
        elif type(value) is str and len(value) > LONGEST_CELL:
            unreadable[len(texts)] = (
                f"{cell.coordinate} has {len(value):,} characters; {LONGEST_CELL:,} are read at most."
            )
            texts.append(value)
        elif type(value) is str and cell.data_type not in (FORMULA, ERROR):
            texts.append(unescaped(value))
        else:
            text, why = _text(value, cell.data_type)
            if why:
                unreadable[len(texts)] = f"{cell.coordinate} {why}"
            texts.append(text)
    return SheetRow(number, texts, unreadable) if any(texts) else None


def _text(value: Any, kind: str) -> tuple[str, str]:
    """Return what a cell says, and why it cannot be read; empty where it can."""
    why = ""
    if kind == FORMULA:
        text = str(getattr(value, "text", value))
        why = f"is a formula ({text[:SHOWN]}), and nobody reckons here; paste its value in its place."
    elif kind == ERROR:
        text = str(value)
        why = f"is an error of the spreadsheet ({text[:SHOWN]}); mend it, or empty it."
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float):
        text = _number(value)
        why = "" if text else "is a number beyond what a spreadsheet holds; write it as text."
        text = text or str(value)
    elif isinstance(value, datetime | date):
        text = _moment(value)
    elif isinstance(value, time | timedelta):
        text = str(value)
        why = f"is a time ({text}) without a day; write both, or format it as text."
    else:
        text = str(value)
    return text, why


def _number(value: float) -> str:
    """Return the number as people write it: a fraction that is a whole number is one. Empty for what is none."""
    if not math.isfinite(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < LARGEST_WHOLE else repr(value)


def _moment(value: date) -> str:
    """Return the wall time; a spreadsheet has no zones. A day is midnight to it."""
    if isinstance(value, datetime) and value.time() != time.min:
        return value.isoformat(sep=" ")
    return f"{value:%Y-%m-%d}"
