"""Reads jobs line by line, so that no more than one line is in memory as text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import IO, Any, NamedTuple

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from jobs.api.bulk.columns import Cells, Head, Wrong, head_of
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


class CsvParser(parsers.BaseParser):
    """RFC 4180. The first line names the fields; an empty cell is a field left out; lists and objects are JSON."""

    media_type = "text/csv"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Context = None) -> Any:
        rows = rows_of(stream)
        yield from jobs_of(head_of(next(rows, (0, []))[1]), rows)


Row = tuple[int, list[str]]


def rows_of(stream: Iterable[bytes]) -> Iterator[Row]:
    """Yield the rows of CSV, each with the line on which it ends, from 1; the first may be empty, others are left
    out. Raises ParseError."""
    texts = _texts(stream)
    first = next(texts, "")
    reader = csv.reader(chain([first], texts), delimiter=separator_of(first), strict=True)
    try:
        yield 1, next(reader, [])
        yield from ((reader.line_num, cells) for cells in reader if any(cells))
    except csv.Error as error:
        raise ParseError(f"Line {reader.line_num} is not CSV: {error}.") from None


def jobs_of(head: Head, rows: Iterable[Row]) -> Iterator[Line]:
    """Yield the jobs of the rows below this head."""
    read = Cells(head)
    for number, cells in rows:
        try:
            yield Line(number, read.job(cells))
        except Wrong as wrong:
            yield Line(number, None, str(wrong), wrong.column)


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
