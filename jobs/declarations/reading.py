"""Reads declarations of schedules out of TOML. Everything that is wrong is told at once, with its entry and field."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from jobs import exactjson
from jobs.rules.new_schedule import SCHEDULE_ASKED

ENTRIES = "schedule"  # [[schedule]]
LARGEST = 10_000_000  # bytes
SHOWN = 100  # characters of a name


class Refused(Exception):
    """Declarations that cannot be applied. `problems` has a sentence for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Declaration:
    """Schedule as it is declared: the entry's number, from 1, and what it asks for."""

    number: int
    asked: dict[str, Any]

    @property
    def name(self) -> Any:
        """Return its name: anything that stands there, None where nothing does."""
        return self.asked.get("name")

    def problem(self, field: str, why: str) -> str:
        """Say what is wrong with a field of the entry."""
        shown = f" '{self.name[:SHOWN]}'" if isinstance(self.name, str) and self.name else ""
        return f"Schedule {self.number}{shown}, {field}: {why}"


def read(path: Path) -> list[Declaration]:
    """Read a file. Raises Refused."""
    try:
        if path.stat().st_size > LARGEST:
            raise Refused([f"{path} has more than {LARGEST:,} bytes; divide it."])
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refused([f"There is no file {path}; give the path of one, or set JOBS_SCHEDULES to it."]) from None
    except UnicodeDecodeError:
        raise Refused([f"{path} is no UTF-8; save it as that."]) from None
    except OSError as error:
        raise Refused([f"{path} cannot be read: {error.strerror}; give the path of a file."]) from None
    return parse(text, str(path))


def parse(text: str, where: str) -> list[Declaration]:
    """Return the declarations of this text. Raises Refused."""
    try:
        # The numbers of a payload arrive as they are written.
        whole = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise Refused([f"{where} is no TOML: {error}; mend it there."]) from None
    problems = [
        f"{where} has '{name}', which means nothing; write each schedule under [[{ENTRIES}]]."
        for name in whole
        if name != ENTRIES
    ]
    entries = whole.get(ENTRIES, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Refused([*problems, f"{where} has '{ENTRIES}' that is no list; write [[{ENTRIES}]] above each."])
    found = [Declaration(number, exactjson.with_floats(entry)) for number, entry in enumerate(entries, 1)]
    first: dict[Any, int] = {}
    for one in found:
        problems += [one.problem(*wrong) for wrong in _problems(one.asked)]
        if isinstance(one.name, str):
            if one.name in first:
                problems.append(one.problem("name", f"schedule {first[one.name]} has it too; choose another."))
            first.setdefault(one.name, one.number)
    if problems:
        raise Refused(problems)
    return found


def _problems(asked: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield fields with what is wrong with them that rules for schedules know nothing of."""
    for field, value in asked.items():
        if field not in SCHEDULE_ASKED:
            near = difflib.get_close_matches(field, SCHEDULE_ASKED, n=1)
            known = f"did you mean {near[0]}?" if near else f"known are {', '.join(SCHEDULE_ASKED)}."
            yield field, f"there is no such field; {known}"
        elif field == "payload":
            for place in _no_json(value, field):
                yield place, "JSON has no such value; write it as text."
    for field in ("name", "target", "dialect", "expression"):
        if field not in asked:
            yield field, f"it is missing; {SCHEDULE_ASKED[field].help[0].lower()}{SCHEDULE_ASKED[field].help[1:]}"


def _no_json(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from _no_json(entry, f"{place}.{name}")
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _no_json(entry, f"{place}.{number}")
    elif isinstance(value, datetime | date | time) or (isinstance(value, float | Decimal) and not math.isfinite(value)):
        yield place
