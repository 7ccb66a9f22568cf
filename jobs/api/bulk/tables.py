"""Tables of jobs, whatever they come as: CSV, or a workbook (XLSX). Their rows are the same texts."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, NamedTuple

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from jobs import workbooks
from jobs.api.bulk.columns import Head, Row, head_of
from jobs.api.bulk.lines import Line, jobs_of, rows_of
from jobs.workbooks import reading

Context = Mapping[str, Any] | None


class Table(NamedTuple):
    """A table: its first line, the rows below it, and the sheets beside it that nobody reads."""

    head: Head
    rows: Iterator[Row]
    other_sheets: list[str]


class CsvParser(parsers.BaseParser):
    """RFC 4180. The first line names the fields; an empty cell is a field left out; lists and objects are JSON."""

    media_type = "text/csv"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Context = None) -> Any:
        yield from _lines(_of_csv(stream))


class WorkbookParser(parsers.BaseParser):
    """The first sheet of a workbook, its cells as those of CSV. It is read whole: its archive begins at its end."""

    media_type = workbooks.KIND

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Context = None) -> Any:
        yield from _lines(_of_workbook(stream.read()))


def table_of(content: bytes) -> Table:
    """Return the table that a file has. Raises ParseError, also while its rows are read."""
    return _of_workbook(content) if content.startswith(workbooks.BEGINS) else _of_csv(io.BytesIO(content))


def _lines(table: Table) -> Iterator[Line]:
    return jobs_of(table.head, table.rows)


def _of_csv(stream: Iterable[bytes]) -> Table:
    rows = rows_of(stream)
    return Table(head_of(next(rows)), rows, [])


def _of_workbook(content: bytes) -> Table:
    try:
        sheet = reading.read(content)
    except (workbooks.NotInstalled, workbooks.NoWorkbook) as error:
        raise ParseError(str(error)) from None
    rows = _rows(sheet.rows)
    return Table(head_of(next(rows, Row(1, []))), rows, sheet.others)


def _rows(rows: Iterator[reading.SheetRow]) -> Iterator[Row]:
    try:
        yield from (Row(*row) for row in rows)
    except workbooks.NoWorkbook as error:
        raise ParseError(str(error)) from None
