"""Entries that a file of somebody else's scheduler holds, and its lines that no schedule can be made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from jobs.calendars import zones
from jobs.recurrence.parsing import DIALECTS, parse
from jobs.recurrence.rule import BadExpression

SHOWN = 200  # characters of what is refused
LONGEST_NAME = 180  # characters; the line is put behind names that are there twice


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Schedule found in a file, as its source has it; None where the source says nothing."""

    #: Where it begins in the text, from 1.
    line: int
    name: str
    dialect: str
    expression: str
    #: Name of a time zone; None: that of the machine it comes from, which the file does not name.
    zone: str | None = None
    #: What it runs there, as a line; empty where the file does not say.
    command: str = ""
    #: Text that the command is given as its input.
    stdin: str = ""
    #: Whether it runs where it comes from.
    enabled: bool = True
    #: One of states.Overlap.
    overlap: str | None = None
    #: Seconds after its time within which it may still start.
    start_within: int | None = None
    #: What becomes of those missed while it was away: `skip`, or `latest` for the last of them.
    catch_up: str | None = None
    #: Seconds within which its starts are spread.
    spread: int | None = None
    #: The first and the last moment at which it may start; without a zone by the clock of the machine it comes from.
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    #: How many times it starts.
    most_runs: int | None = None
    #: Arguments of what it runs, by their names.
    data: Mapping[str, str] = field(default_factory=dict)
    #: What it can be found by: texts by keys.
    labels: Mapping[str, str] | None = None
    #: Sentences about what changes by coming here.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """Part of a file that no schedule is made of. `field`: as in BadExpression; `why`: a sentence with the remedy."""

    line: int
    text: str
    field: str
    why: str


Found = tuple[tuple[Entry, ...], tuple[Refused, ...]]


@dataclass
class Collected:
    """Entries and refusals of one file, in its order; no two entries have the same name. `kind` is their class."""

    kind: type[Entry] = Entry
    entries: list[Entry] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)

    def add(self, text: str, *, line: int, name: str, dialect: str, expression: str, **more: Any) -> None:
        """Keep an entry, or its refusal where its zone or expression is bad. `text`: what a refusal shows."""
        if (zone := more.get("zone")) is not None and (wrong := zones.new_problems(zone)):
            self.refuse(line, text, "zone", f"“{zone}”: {wrong[0]}")
            return
        name = self._free(" ".join(name.split())[:LONGEST_NAME] or "schedule", line)
        if bad := _why_bad(dialect, expression, name if dialect == "jenkins" else ""):
            self.refuse(line, text, *bad)
            return
        self._names.add(name)
        notes = (*more.pop("notes", ()), *DIALECTS[dialect].notes(expression))
        self.entries.append(
            self.kind(line=line, name=name, dialect=dialect, expression=expression, notes=notes, **more)
        )

    def refuse(self, line: int, text: str, where: str, why: str) -> None:
        shown = text.strip()
        self.refused.append(Refused(line, shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…", where, why))

    def found(self) -> Found:
        """Return all, by their lines."""
        return (
            tuple(sorted(self.entries, key=lambda entry: entry.line)),
            tuple(sorted(self.refused, key=lambda refused: refused.line)),
        )

    def _free(self, name: str, line: int) -> str:
        if name not in self._names:
            return name
        free = of_line = f"{name} (line {line})"
        number = self._numbers.get(of_line, 1)  # a file of one line may have thousands of them
        while free in self._names:
            number, free = number + 1, f"{name} (line {line}, {number + 1})"
        self._numbers[of_line] = max(number - 1, 1)
        return free


@lru_cache(maxsize=4096)
def _why_bad(dialect: str, expression: str, name: str) -> tuple[str, str] | None:
    """Return field and sentence of an expression that is refused: one file has the same a thousand times."""
    try:
        parse(dialect, expression, name=name)
    except BadExpression as bad:
        return bad.field, bad.why
    return None
