"""Reads jobs line by line, so that no more than one line is in memory as text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import IO, Any, NamedTuple

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from jobs.api.bulk.columns import Cells, Head, Row, Wrong
from jobs.cells import meant
from jobs.web import parsing

Context = Mapping[str, Any] | None
BYTE_ORDER_MARK = "\ufeff"
SEPARATORS = (",", ";", "\t")


class Line(NamedTuple):
    """A job as it was sent. `number` counts the lines of the body from 1; `wrong` says why it could not be read, and
    `field` of it, where it is one."""

    number: int
    job: Any
    wrong: str = ""
    field: str = "body"


class NdjsonParser(parsers.BaseParser):
    """A JSON object a line; empty lines are left out."""

    media_type = "application/x-ndjson"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Context = None) -> Any:
        for number, text in enumerate(_texts(stream), 1):
            if not text.strip():
                continue
            try:
                yield Line(number, parsing.json_value(text))
            except parsing.Unreadable as error:
                yield Line(number, None, str(error))


def rows_of(stream: Iterable[bytes]) -> Iterator[Row]:
    """Yield the rows of CSV; the first may be empty, others are left out. Raises ParseError."""
    texts = _texts(stream)
    first = next(texts, "")
    reader = csv.reader(chain([first], texts), delimiter=separator_of(first), strict=True)
    try:
        yield Row(1, _meant(next(reader, [])))
        yield from (Row(reader.line_num, _meant(cells)) for cells in reader if any(cells))
    except csv.Error as error:
        raise ParseError(f"Line {reader.line_num} is not CSV: {error}.") from None


def jobs_of(head: Head, rows: Iterable[Row]) -> Iterator[Line]:
    """Yield the jobs of the rows below this head."""
    read = Cells(head)
    for row in rows:
        try:
            yield Line(row.number, read.job(row))
        except Wrong as wrong:
            yield Line(row.number, None, str(wrong), wrong.column)


def _meant(cells: Iterable[str]) -> list[str]:
    return [meant(cell) if cell else cell for cell in cells]


def _texts(stream: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(stream, 1):
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            raise ParseError(f"Line {number} is not UTF-8: its byte {error.start} is wrong; encode it so.") from None
        yield text.removeprefix(BYTE_ORDER_MARK) if number == 1 else text


def separator_of(first: str) -> str:
    """Return what stands between the names of a first line: spreadsheets write semicolons where a comma stands in
    numbers."""
    return max(SEPARATORS, key=first.count)
