"""Printing: tables and sentences for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import IO, Any

from jobs import exactjson

LONGEST_CELL = 60  # characters
NO_MOMENT = "-"


class Output:
    """Standard output and standard error of a command line, in one of two languages."""

    def __init__(self, out: IO[str], err: IO[str], *, as_json: bool) -> None:
        self.out, self.err, self.as_json = out, err, as_json

    def one(self, value: Any, lines: Iterable[str]) -> None:
        """Print one thing: as JSON, or as these lines."""
        self.write(jsoned(value) if self.as_json else "\n".join(lines))

    def several(self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str], none: str) -> int:
        """Print rows: a line of JSON each, as they come; or a table of these columns. Returns how many there are."""
        if self.as_json:
            number = 0
            for row in rows:
                self.write(jsoned(row))
                number += 1
            return number
        found = [[cell(row.get(column)) for column in columns] for row in rows]
        self.write("\n".join(table(columns, found)) if found else none)
        return len(found)

    def write(self, text: str) -> None:
        """Print a line at once: whoever reads it may wait for it."""
        self.out.write(f"{text}\n")
        self.out.flush()

    def write_error(self, value: Any) -> None:
        """Print what was refused, for programs: it is no answer, so it does not stand among those."""
        self.err.write(f"{jsoned(value)}\n")
        self.err.flush()

    def say(self, text: str) -> None:
        """Print a sentence to people, beside what programs read."""
        self.err.write(f"{text}\n")
        self.err.flush()


def jsoned(value: Any) -> str:
    """Return a line of JSON, numbers as they are stored."""
    try:
        return exactjson.dumps(value, separators=(", ", ": "), default=str)
    except ValueError:  # NaN, of a target that said it
        return json.dumps(value, ensure_ascii=False, default=_float)


def _float(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, its columns as wide as what stands in them."""
    heads = [column.replace("_name", "").replace("_", " ") for column in columns]
    widths = [max(len(head), *(len(row[i]) for row in rows)) for i, head in enumerate(heads)]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in [heads, *rows]
    ]


def cell(value: Any) -> str:
    """Return a value as it stands in a table: its first line, and not too long."""
    match value:
        case None | "" | [] | {}:
            return NO_MOMENT
        case bool():
            return "yes" if value else "no"
        case list():
            text = ", ".join(map(str, value))
        case dict():
            text = jsoned(value)
        case float() | Decimal():
            text = f"{value:.1f}"
        case _:
            text = moment(next(iter(str(value).splitlines()), ""))
    text = printable(text)
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 3]}..."


def moment(text: str) -> str:
    """Return a moment of REST as people read it, to the second; any other text as it is."""
    if len(text) >= 20 and text[4:5] == text[7:8] == "-" and text[10:11] == "T" and text[13:14] == ":":
        return text[:19].replace("T", " ") + ("Z" if text.endswith(("Z", "+00:00")) else text[-6:])
    return text


def printable(text: str) -> str:
    """Return the text without what would move a terminal's cursor or colour its lines."""
    return "".join(char if char.isprintable() else " " for char in text)
