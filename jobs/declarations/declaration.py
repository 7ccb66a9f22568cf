"""Declaration of a schedule, wherever it stands, and what can be said of it without the database."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jobs.rules.new_schedule import SCHEDULE_ASKED

SHOWN = 100  # characters of a name
MODULE = "module "  # begins what declares schedules in Python; no file is called so
NEEDED = ("name", "target", "dialect", "expression")


class Refused(Exception):
    """Declarations that cannot be applied. `problems` has a sentence for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Declaration:
    """Schedule as it is declared: in which file or module, the number of the entry or line, and what it asks for."""

    declared_in: str
    number: int
    asked: dict[str, Any]

    @property
    def name(self) -> Any:
        """Return its name: anything that stands there, None where nothing does."""
        return self.asked.get("name")

    @property
    def place(self) -> str:
        """Say where it stands, for what is said about another."""
        return self._short if self._in_code else f"schedule {self.number} of {self.declared_in}"

    @property
    def _in_code(self) -> bool:
        return self.declared_in.startswith(MODULE)

    @property
    def _short(self) -> str:
        if self._in_code:
            return f"{self.declared_in.removeprefix(MODULE)}, line {self.number}"
        return f"Schedule {self.number}"

    def problem(self, field: str, why: str) -> str:
        """Say what is wrong with a field of it."""
        shown = f" '{self.name[:SHOWN]}'" if isinstance(self.name, str) and self.name else ""
        return f"{self._short}{shown}, {field}: {why}"


def problems_of(declarations: Sequence[Declaration]) -> list[str]:
    """Return what is wrong with these as rules for schedules cannot see it, a sentence each."""
    problems: list[str] = []
    first: dict[str, Declaration] = {}
    for one in declarations:
        problems += [one.problem(*wrong) for wrong in _wrong(one.asked)]
        if isinstance(one.name, str):
            if one.name in first:
                problems.append(one.problem("name", f"{first[one.name].place} has it too; choose another."))
            first.setdefault(one.name, one)
    return problems


def _wrong(asked: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield fields with what is wrong with them."""
    for field, value in asked.items():
        if field not in SCHEDULE_ASKED:
            near = difflib.get_close_matches(field, SCHEDULE_ASKED, n=1)
            known = f"did you mean {near[0]}?" if near else f"known are {', '.join(SCHEDULE_ASKED)}."
            yield field, f"there is no such field; {known}"
        elif field == "payload":
            yield from _no_json(value, field)
    for field in NEEDED:
        if field not in asked:
            yield field, f"it is missing; {SCHEDULE_ASKED[field].help[0].lower()}{SCHEDULE_ASKED[field].help[1:]}"


def _no_json(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, entry in value.items():
            if not isinstance(name, str):
                yield f"{place}.{name}", "names are texts in JSON; write this one as text."
            yield from _no_json(entry, f"{place}.{name}")
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _no_json(entry, f"{place}.{number}")
    elif isinstance(value, tuple | set | frozenset):
        yield place, "JSON has no such value; write a list."
    elif not isinstance(value, str | int | float | Decimal | None) or (
        isinstance(value, float | Decimal) and not math.isfinite(value)
    ):
        yield place, "JSON has no such value; write it as text."
