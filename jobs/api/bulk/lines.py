"""Reads jobs line by line, so that no more than one line is in memory as text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, NamedTuple, get_origin

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from jobs.rules import ASKED
from jobs.web import parsing

Context = Mapping[str, Any] | None
BYTE_ORDER_MARK = "\ufeff"
OF_JSON = {name for name, asked in ASKED.items() if get_origin(asked.type) in (dict, tuple)}  # in a cell: its text


class Line(NamedTuple):
    """A job as it was sent. `number` counts the lines of the body from 1; `wrong` says why it could not be read."""

    number: int
    job: Any
    wrong: str = ""


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
        reader = csv.reader(_texts(stream), strict=True)
        try:
            names = [name.strip() for name in next(reader, [])]
            _look_at(names)
            for cells in reader:
                if cells:
                    yield _line(reader.line_num, names, cells)
        except csv.Error as error:
            raise ParseError(f"Line {reader.line_num} is not CSV: {error}.") from None


def _texts(stream: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(stream, 1):
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            raise ParseError(f"Line {number} is not UTF-8: its byte {error.start} is wrong; encode it so.") from None
        yield text.removeprefix(BYTE_ORDER_MARK) if number == 1 else text


def _look_at(names: list[str]) -> None:
    wrong = next((name for name in names if name not in ASKED), None)
    twice = next((name for name in names if names.count(name) > 1), None) if len(names) <= len(ASKED) else names[0]
    if wrong is not None or not names:
        known = ", ".join(ASKED)
        raise ParseError(f"The first line names the fields of a job. There is no '{(wrong or '')[:100]}': {known}.")
    if twice is not None:
        raise ParseError(f"The first line names '{twice}' twice; name each field once.")


def _line(number: int, names: list[str], cells: list[str]) -> Line:
    if len(cells) > len(names):
        return Line(number, None, f"It has {len(cells)} cells, and the first line names {len(names)} fields.")
    job: dict[str, Any] = {name: cell for name, cell in zip(names, cells, strict=False) if cell}
    for name in OF_JSON.intersection(job):
        try:
            job[name] = parsing.json_value(job[name])
        except parsing.Unreadable as error:
            return Line(number, None, f"{name}: {error}")
    return Line(number, job)
