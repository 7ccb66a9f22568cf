"""Wall times that a rule names, ascending and naive; which instants they are is not asked here."""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Protocol

from jobs.recurrence.rule import Days, WallClock
from jobs.recurrence.stretches import LATEST

# 29 February on one day of the week comes once in 28 years, and after 2096 once in 40.
YEARS_SEARCHED = 41
SATURDAY, SUNDAY = 5, 6


class Walls(Protocol):
    """Source of wall times."""

    def between(self, low: datetime, high: datetime) -> Iterator[datetime]:
        """Yield those from `low` on and before `high`, ascending, none twice."""
        ...


class WallTimes:
    """Wall times of a WallClock, made ready to be searched."""

    def __init__(self, rule: WallClock) -> None:
        self._seconds = tuple(sorted(rule.seconds))
        self._minutes = tuple(sorted(rule.minutes))
        self._hours = tuple(sorted(rule.hours))
        self._months = rule.months
        self._years = rule.years
        self._days = rule.days
        self._first = time(self._hours[0], self._minutes[0], self._seconds[0])
        self._by_month: dict[tuple[int, int], tuple[int, ...]] = {}

    def between(self, low: datetime, high: datetime) -> Iterator[datetime]:
        """Yield those from `low` on and before `high`, ascending, none twice."""
        at = low.time()
        for year, month, day in self._dates(low, high):
            first_day = day == low.day and month == low.month and year == low.year
            times = self._all_times() if not first_day or at <= self._first else self._times_from(at)
            for hour, minute, second in times:
                wall = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
                if wall >= high:
                    return
                yield wall

    def _dates(self, low: datetime, high: datetime) -> Iterator[tuple[int, int, int]]:
        years = range(low.year, high.year + 1)
        for year in years if self._years is None else sorted(self._years.intersection(years)):
            for month in range(low.month if year == low.year else 1, 13):
                if month not in self._months:
                    continue
                if year == high.year and month > high.month:
                    return
                days = self._by_month.get((year, month))
                if days is None:
                    days = self._by_month[year, month] = days_of(self._days, year, month)
                    if len(self._by_month) > 12 * YEARS_SEARCHED:
                        self._by_month.clear()
                for day in days:
                    if day >= low.day or month != low.month or year != low.year:
                        yield year, month, day

    def _all_times(self) -> Iterator[tuple[int, int, int]]:
        return ((hour, minute, second) for hour in self._hours for minute in self._minutes for second in self._seconds)

    def _times_from(self, at: time) -> Iterator[tuple[int, int, int]]:
        hours, minutes, seconds = self._hours, self._minutes, self._seconds
        index = bisect_left(hours, at.hour)
        if index < len(hours) and hours[index] == at.hour:
            position = bisect_left(minutes, at.minute)
            if position < len(minutes) and minutes[position] == at.minute:
                begin = bisect_left(seconds, at.second + (at.microsecond > 0))
                for second in seconds[begin:]:
                    yield at.hour, at.minute, second
                position += 1
            for minute in minutes[position:]:
                for second in seconds:
                    yield at.hour, minute, second
            index += 1
        for hour in hours[index:]:
            for minute in minutes:
                for second in seconds:
                    yield hour, minute, second


@dataclass(frozen=True)
class Listed:
    """Wall times that are named one by one."""

    walls: frozenset[datetime]

    def between(self, low: datetime, high: datetime) -> Iterator[datetime]:
        """Yield those from `low` on and before `high`, ascending, none twice."""
        return iter(sorted(wall for wall in self.walls if low <= wall < high))


@dataclass(frozen=True)
class Without:
    """Wall times of another source, less some."""

    walls: Walls
    without: frozenset[datetime]

    def between(self, low: datetime, high: datetime) -> Iterator[datetime]:
        """Yield those from `low` on and before `high`, ascending, none twice."""
        found = self.walls.between(low, high)
        return (wall for wall in found if wall not in self.without) if self.without else found


@lru_cache(maxsize=4096)
def wall_times(rule: WallClock) -> WallTimes:
    """Return the wall times of a rule, made ready once."""
    return WallTimes(rule)


def searched(between: Callable[[datetime, datetime], Iterator[datetime]], low: datetime) -> Iterator[datetime]:
    """Yield wall times from `low` on, until there are none for so long that none are looked for any more."""
    while low < LATEST:
        high = years_on(low)
        wall = None
        for wall in between(low, high):
            yield wall
        if wall is None:
            return
        low = high


def years_on(low: datetime) -> datetime:
    """Return until when a rule is searched that may never start again."""
    return low.replace(year=low.year + YEARS_SEARCHED, day=1) if low.year + YEARS_SEARCHED <= LATEST.year else LATEST


def days_of(days: Days, year: int, month: int) -> tuple[int, ...]:
    """Return the days of a month on which a rule starts, ascending."""
    first, last = monthrange(year, month)
    every = range(1, last + 1)
    of_month = {day for day in every if day in days.of_month or last - day in days.from_end}
    of_month.update(_nearest_weekday(day, first, last) for day in days.nearest_weekday if day <= last)
    if days.last_weekday:
        of_month.add(_nearest_weekday(last, first, last))
    of_week = {
        day
        for day in every
        if (week_day := (first + day - 1) % 7) in days.of_week
        or (week_day, (day - 1) // 7 + 1) in days.nth_of_week
        or (week_day, -((last - day) // 7 + 1)) in days.nth_of_week
    }
    return tuple(sorted(of_month & of_week if days.both else of_month | of_week))


def _nearest_weekday(day: int, first: int, last: int) -> int:
    """Return the day from Monday to Friday nearest to `day` in the same month, whose first is a `first`."""
    week_day = (first + day - 1) % 7
    if week_day == SATURDAY:
        return day - 1 if day > 1 else day + 2
    if week_day == SUNDAY:
        return day + 1 if day < last else day - 2
    return day
