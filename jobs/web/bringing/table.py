"""Table that maps commands of other schedulers to targets."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from jobs.recurrence.imports import Entry

MOST_ROWS = 1000
MOST_STARS = 9  # each has one digit
FORM = 'write tables of [[commands]] with command = "..." or pattern = "... *", target = "..." and payload = {...}'
PLACE = re.compile(r"\{([1-9]|command|stdin|data\.[^{}]+)\}")


class BadTable(ValueError):
    """Table of commands that cannot be read; the message says what to write."""


class Row(BaseModel):
    """Row of the table. A `pattern` has a star for any text; `{1}` in the payload is what the first one stands for, and
    `{data.NAME}` an argument that the source gives by its name."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    command: Annotated[str, Field(min_length=1, max_length=10_000)] | None = None
    pattern: Annotated[str, Field(min_length=1, max_length=10_000)] | None = None
    target: str
    payload: dict[str, Any] = {}
    queue: str | None = None

    def stars(self, command: str) -> list[str] | None:
        """Return what the stars stand for in a command that this is about; None for all others."""
        if self.command is not None:
            return [] if command == self.command else None
        first, *others = (self.pattern or "").split("*")
        if not others:
            return [] if command == first else None
        *middle, last = others
        end = len(command) - len(last)
        if not command.startswith(first) or not command.endswith(last) or end < len(first):
            return None
        found, at = [], len(first)
        for piece in middle:
            place = command.find(piece, at, end)
            if place < 0:
                return None
            found.append(command[at:place])
            at = place + len(piece)
        return [*found, command[at:end]]


class Table:
    """Rows in their order: the first one that is about a command decides."""

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self.rows = rows

    @classmethod
    def of(cls, rows: object) -> Table:
        """Return the table of rows as JSON or TOML has them. Raises BadTable."""
        try:
            found = TypeAdapter(list[Row]).validate_python(rows)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = "".join(f" {part + 1}" if isinstance(part, int) else f", {part}" for part in first["loc"])
            raise BadTable(f"The table of commands is wrong (row{place}: {first['msg']}); {FORM}.") from None
        if len(found) > MOST_ROWS:
            raise BadTable(f"The table has {len(found)} rows; give {MOST_ROWS} at most, with stars for many commands.")
        for number, row in enumerate(found, 1):
            if (row.command is None) == (row.pattern is None):
                raise BadTable(f"Row {number} of the table needs a command or a pattern, and not both; {FORM}.")
            if row.pattern is not None and row.pattern.count("*") > MOST_STARS:
                raise BadTable(f"The pattern of row {number} has more than {MOST_STARS} stars; write fewer.")
        return cls(found)

    @classmethod
    def of_toml(cls, text: str) -> Table:
        """Return the table of a TOML file. Raises BadTable."""
        try:
            given = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise BadTable(f"The table of commands is no TOML ({error}); {FORM}.") from None
        if unknown := given.keys() - {"commands"}:
            raise BadTable(f"The table of commands has '{min(unknown)}', which is not known; {FORM}.")
        return cls.of(given.get("commands", []))

    def wanted(self, entry: Entry) -> dict[str, Any] | None:
        """Return target, payload and queue for what an entry runs, None where no row is about it."""
        for row in self.rows:
            stars = row.stars(entry.command)
            if stars is not None:
                parts = {str(number): text for number, text in enumerate(stars, 1)}
                parts |= {f"data.{name}": text for name, text in entry.data.items()}
                filled = _filled(row.payload, {**parts, "command": entry.command, "stdin": entry.stdin})
                return {"target": row.target, "payload": filled} | ({"queue": row.queue} if row.queue else {})
        return None


def _filled(value: Any, parts: Mapping[str, str]) -> Any:
    """Return the value with each {1}, {command}, {stdin} or {data.NAME} of its texts replaced."""
    if isinstance(value, str):
        return PLACE.sub(lambda match: parts.get(match[1], match[0]), value)
    if isinstance(value, dict):
        return {key: _filled(one, parts) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, parts) for one in value]
    return value
