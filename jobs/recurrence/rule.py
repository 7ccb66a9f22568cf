"""Rules by which a schedule repeats, as neutral data: every dialect is parsed into one of these, and one iterator reads
them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

EVERY_MONTH = frozenset(range(1, 13))
EVERY_DAY = frozenset(range(1, 32))
EVERY_WEEKDAY = frozenset(range(7))


class BadExpression(ValueError):
    """An expression that a dialect does not have, or that we cannot express. `field`: the part that is wrong, such as
    `minute`; empty for the whole. `why`: a sentence with the remedy."""

    def __init__(self, why: str, field: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.field = field


@dataclass(frozen=True)
class Days:
    """The days on which a wall-clock rule starts. A day has to be in a month's part and in a week's part (`both`), or
    in one of the two (not `both`: only where each part is restricted)."""

    #: Days of the month, 1 to 31.
    of_month: frozenset[int] = EVERY_DAY
    #: Days counted from the end of the month: 0 is its last day, 1 the day before.
    from_end: frozenset[int] = frozenset()
    #: Days of the month of which the nearest weekday (Monday to Friday) of the same month is meant: Quartz's `15W`.
    nearest_weekday: frozenset[int] = frozenset()
    #: Whether the last weekday (Monday to Friday) of the month is meant: Quartz's `LW`.
    last_weekday: bool = False
    #: Days of the week, 0 is Monday.
    of_week: frozenset[int] = EVERY_WEEKDAY
    #: Pairs of a day of the week and its number in the month: (4, 2) is the second Friday, (4, -1) the last.
    nth_of_week: frozenset[tuple[int, int]] = frozenset()
    #: Whether a day has to match the part of the month and the part of the week.
    both: bool = True


@dataclass(frozen=True)
class WallClock:
    """Starts where the wall clock of the schedule's zone shows one of these times."""

    seconds: frozenset[int] = frozenset({0})
    minutes: frozenset[int] = frozenset({0})
    hours: frozenset[int] = frozenset({0})
    days: Days = Days()
    months: frozenset[int] = EVERY_MONTH
    #: None: every year.
    years: frozenset[int] | None = None
    #: Whether the hour was written as `*` or as a step: then each instant whose wall time matches starts, both passes
    #: of a fold, and nothing is made up for a gap. Otherwise a time in a gap starts at the first instant after it, and
    #: one in a fold once, at its first instance.
    each_pass: bool = False


@dataclass(frozen=True)
class Every:
    """Starts each time so many seconds have passed since the schedule's anchor, whatever the clocks show."""

    seconds: float


@dataclass(frozen=True)
class Recurrence:
    """Starts at the wall times of RFC 5545's RRULE, reckoned from the schedule's anchor, read on the wall clock."""

    #: The lines without `RRULE:`; several are a union.
    rules: tuple[str, ...]
    #: Wall times left out (EXDATE).
    without: frozenset[datetime] = frozenset()
    #: Wall times added (RDATE).
    also: frozenset[datetime] = frozenset()
    #: The wall time with which it begins (DTSTART); None: the schedule's anchor.
    begins: datetime | None = None
    #: See WallClock; an RRULE whose FREQ is below DAILY.
    each_pass: bool = False


@dataclass(frozen=True)
class Sun:
    """Starts at an event of the sun at a place, by the names of django-celery-beat: `sunrise`, `dusk_civil`."""

    event: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Once:
    """Starts once. A naive moment is a wall time of the schedule's zone."""

    moment: datetime


Rule = WallClock | Every | Recurrence | Sun | Once
