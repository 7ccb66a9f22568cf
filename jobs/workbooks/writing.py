"""Workbooks written row by row. Texts are cells of the kind text, whatever they begin with."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO, Any

from jobs import exactjson
from jobs.workbooks import LONGEST_CELL, needed
from jobs.workbooks.escapes import escaped

LARGEST = 10**15  # numbers from here on are texts: a spreadsheet keeps 15 digits
DIGITS = 15
TEXT = "s"
MISTAKEN = ("=", "#")  # what the library takes for a formula or an error when a text begins so


class TooLong(Exception):
    """Refusal to write a text that no cell can hold; the message names it."""


def write(file: IO[bytes], title: str, columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> int:
    """Write a workbook of one sheet, the first row with the names of its columns; return how many rows are below it.
    Raises NotInstalled and TooLong."""
    needed()
    from openpyxl import Workbook  # noqa: PLC0415 - it may be missing
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"

    def cell(value: Any) -> Any:
        if isinstance(value, str) and value.startswith(MISTAKEN):
            made = WriteOnlyCell(sheet, value)
            made.data_type = TEXT
            return made
        return value

    number = 0
    try:
        sheet.append([cell(name) for name in columns])
        for number, row in enumerate(rows, 1):
            values = [_value(value) for value in row]
            _check(values, columns, number)
            sheet.append([cell(value) for value in values])
    except BaseException:
        book.save(io.BytesIO())  # which ends the library's temporary file
        raise
    book.save(file)
    return number


def _value(value: Any) -> Any:
    """Return what a cell holds: a number that a spreadsheet keeps as it is, a truth value, or text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return escaped(value) or None
    if isinstance(value, int) and abs(value) < LARGEST:
        return value
    if isinstance(value, float) or (isinstance(value, Decimal) and len(value.as_tuple().digits) <= DIGITS):
        number = float(value)
        if Decimal(repr(number)) == Decimal(str(value)):
            return number
    return escaped(exactjson.dumps(value))


def _check(values: list[Any], columns: Sequence[str], number: int) -> None:
    for value, column in zip(values, columns, strict=True):
        if isinstance(value, str) and len(value) > LONGEST_CELL:
            raise TooLong(
                f"'{column}' of row {number:,} has {len(value):,} characters, and a cell of a workbook "
                f"{LONGEST_CELL:,} at most; take it out as CSV."
            )
