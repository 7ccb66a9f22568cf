"""Fields of cron: numbers, names, lists, ranges and steps, as Debian's cron reads them.

A parser of our own: cronsim reads `5/15`, which cron refuses, L and #, and tells of a bad field no more than its name;
celery's has no OR of days and no 7.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.recurrence.rule import BadExpression

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: As cron counts them, 0 is Sunday.
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True)
class Field:
    """Field of an expression: its name for people, and what may stand in it."""

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)

    def parse(self, text: str) -> frozenset[int]:
        """Return the numbers that the text means; raises BadExpression."""
        found: set[int] = set()
        for item in text.split(","):
            found.update(self._item(item, text))
        return frozenset(found)

    def _item(self, item: str, text: str) -> range:
        if not item:
            raise self._bad(f"“{text}” has a comma with nothing beside it", "write a list like 1,15")
        match = re.fullmatch(r"(\*|[^-/]+)(?:-([^-/]+))?(?:/([^/]*))?", item)
        if match is None or (match[1] == "*" and match[2]):
            raise self._bad(f"“{item}” is no {self.name}", self._example())
        step = self._step(match[3], item)
        if match[1] == "*":
            return range(self.low, self.high + 1, step)
        first = self._number(match[1])
        if match[2] is None:
            if match[3] is not None:
                raise self._bad(
                    f"“{item}” has a step, but no range to step through",
                    f"write */{match[3]} or {match[1]}-{self.high}/{match[3]}",
                )
            return range(first, first + 1)
        last = self._number(match[2])
        if last < first:
            raise self._bad(
                f"“{item}” runs backwards", f"write it as two ranges, {first}-{self.high},{self.low}-{last}"
            )
        return range(first, last + 1, step)

    def _step(self, text: str | None, item: str) -> int:
        if text is None:
            return 1
        if not re.fullmatch(r"[0-9]{1,4}", text) or int(text) == 0:
            raise self._bad(f"“{item}” has no step above 0", "write */5 for every fifth")
        return int(text)

    def _number(self, text: str) -> int:
        named = self.names.get(text.lower())
        if named is not None:
            return named
        if not re.fullmatch(r"[0-9]{1,4}", text):
            raise self._bad(f"“{text}” is no {self.name}", self._example())
        number = int(text)
        if not self.low <= number <= self.high:
            raise self._bad(f"{number} is no {self.name}", self._example())
        return number

    def _example(self) -> str:
        names = f", or a name such as {next(iter(self.names))}" if self.names else ""
        return f"write a number from {self.low} to {self.high}{names}, *, a list or a range"

    def _bad(self, wrong: str, remedy: str) -> BadExpression:
        return BadExpression(f"{wrong}; {remedy}.", self.name)


SECOND = Field("second", 0, 59)
MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY_OF_MONTH = Field("day of month", 1, 31)
MONTH = Field("month", 1, 12, {name: number for number, name in enumerate(MONTHS, 1)})
DAY_OF_WEEK = Field("day of week", 0, 7, {name: number for number, name in enumerate(WEEKDAYS)})


def is_each_pass(hour: str) -> bool:
    """Return whether an hour field is a star or a step: then each instant whose wall time matches starts."""
    return any("*" in item or "/" in item for item in hour.split(","))
