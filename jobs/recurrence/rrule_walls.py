"""Wall times of an RRULE.

dateutil says which days a month or a year of the rule has, one such period at a time. The rest is arithmetic of our
own: left to itself, dateutil looks at each second between two starts, from the rule's beginning on, and does not end
before the year 9999 where there is none.
"""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice, product
from math import gcd

from dateutil import rrule

from jobs.recurrence.rrule_parts import BELOW_DAILY, Parts, parts_of
from jobs.recurrence.walls import searched

DAY = 86_400
UNIT = {"SECONDLY": 1, "MINUTELY": 60, "HOURLY": 3600}
BEYOND_9999 = 120_000  # an interval, in months or years, after which dateutil ends


class RuleWalls:
    """Wall times of one RRULE that begins at a wall time."""

    def __init__(self, parts: Parts, begins: datetime) -> None:
        self._parts = parts
        self._begins = begins.replace(microsecond=0)
        self._times = _times(parts, self._begins)
        self._units = _units(parts, self._begins) if parts.freq in BELOW_DAILY else ()
        self._last: datetime | None = None
        if parts.count is not None:
            found = searched(self._unbounded, self._begins)
            self._last = next(islice(found, parts.count - 1, None), None)
        elif parts.until is not None and parts.until.tzinfo is None:
            self._last = parts.until

    def between(self, low: datetime, high: datetime) -> Iterator[datetime]:
        """Yield those from `low` on and before `high`, ascending, none twice."""
        for wall in self._unbounded(max(low, self._begins), high):
            if self._last is not None and wall > self._last:
                return
            yield wall

    def _unbounded(self, low: datetime, high: datetime) -> Iterator[datetime]:
        found = self._of_units(low, high) if self._parts.freq in BELOW_DAILY else self._of_periods(low, high)
        for wall in found:
            if wall >= high:
                return
            if wall >= low:
                yield wall

    def _of_periods(self, low: datetime, high: datetime) -> Iterator[datetime]:
        times, positions = self._times, self._parts.by_set_pos
        for days in self._periods(low.date(), high.date()):
            if positions:
                total = len(days) * len(times)
                chosen = {at - 1 if at > 0 else total + at for at in positions}
                for at in sorted(at for at in chosen if 0 <= at < total):
                    yield _wall(days[at // len(times)], times[at % len(times)])
                continue
            for day in days:
                skipped = bisect_left(times, _second_of(low)) if day == low.toordinal() else 0
                if day >= low.toordinal():
                    for at in times[skipped:]:
                        yield _wall(day, at)

    def _periods(self, low: date, high: date) -> Iterator[Sequence[int]]:
        """Yield the days, as ordinals, of each period that the rule's interval hits."""
        parts, begins = self._parts, self._begins
        if parts.freq == "DAILY":
            first = begins.toordinal()
            start = first + max(0, low.toordinal() - first) // parts.interval * parts.interval
            for day in range(start, high.toordinal() + 1, parts.interval):
                if self._is_day(date.fromordinal(day)):
                    yield (day,)
        elif parts.freq == "WEEKLY":
            first = begins.toordinal() - (begins.weekday() - parts.week_start) % 7
            step = 7 * parts.interval
            start = first + max(0, low.toordinal() - first) // step * step
            weekdays = {day for _, day in parts.by_day} or {begins.weekday()}
            for week in range(start, high.toordinal() + 1, step):
                days = (date.fromordinal(day) for day in range(week, min(week + 7, date.max.toordinal())))
                yield [
                    day.toordinal()
                    for day in days
                    if day.weekday() in weekdays and (not parts.by_month or day.month in parts.by_month)
                ]
        elif parts.freq == "MONTHLY":
            first = 12 * begins.year + begins.month - 1
            start = first + max(0, 12 * low.year + low.month - 1 - first) // parts.interval * parts.interval
            for month in range(start, 12 * high.year + high.month, parts.interval):
                if not parts.by_month or month % 12 + 1 in parts.by_month:
                    yield self._by_dateutil(rrule.MONTHLY, date(month // 12, month % 12 + 1, 1))
        else:
            start = begins.year + max(0, low.year - begins.year) // parts.interval * parts.interval
            for year in range(start, high.year + 1, parts.interval):
                yield self._by_dateutil(rrule.YEARLY, date(year, 1, 1))

    def _by_dateutil(self, freq: int, period: date) -> Sequence[int]:
        parts, begins = self._parts, self._begins
        by_month_day: Sequence[int] = parts.by_month_day
        by_month: Sequence[int] = parts.by_month
        if not (by_month_day or parts.by_day or parts.by_year_day or parts.by_week_no):
            by_month_day = (begins.day,)
            if freq == rrule.YEARLY and not by_month:
                by_month = (begins.month,)
        days = rrule.rrule(
            freq,  # type: ignore[arg-type]  # a plain number to us, an enumeration to the stubs
            dtstart=datetime(period.year, period.month, 1),  # noqa: DTZ001
            interval=BEYOND_9999,
            wkst=parts.week_start,
            bymonth=by_month or None,
            bymonthday=by_month_day or None,
            byyearday=parts.by_year_day or None,
            byweekno=parts.by_week_no or None,
            byweekday=[rrule.weekday(day, number or None) for number, day in parts.by_day] or None,
        )
        return [day.toordinal() for day in days]

    def _of_units(self, low: datetime, high: datetime) -> Iterator[datetime]:
        """Yield wall times of a rule below DAILY, which counts hours, minutes or seconds through the days."""
        size, interval = UNIT[self._parts.freq], self._parts.interval
        a_day = DAY // size
        if not self._times:
            return
        base = (self._begins.toordinal() * DAY + _second_of(self._begins)) // size
        for day in range(low.toordinal(), high.toordinal() + 1):
            if not self._is_day(date.fromordinal(day)):
                continue
            from_unit = _second_of(low) // size if day == low.toordinal() else 0
            units: Sequence[int]
            if isinstance(self._units, range):
                begin = from_unit + (base - day * a_day - from_unit) % interval
                units = range(begin, a_day, interval)
            else:
                units = self._units[bisect_left(self._units, from_unit) :]
                if a_day % interval:
                    units = [unit for unit in units if (day * a_day + unit - base) % interval == 0]
            for unit in units:
                for at in self._times:
                    yield _wall(day, unit * size + at)

    def _is_day(self, day: date) -> bool:
        parts = self._parts
        if parts.by_month and day.month not in parts.by_month:
            return False
        if parts.by_day and (0, day.weekday()) not in parts.by_day:
            return False
        if parts.by_month_day:
            length = monthrange(day.year, day.month)[1]
            if day.day not in parts.by_month_day and day.day - length - 1 not in parts.by_month_day:
                return False
        if parts.by_year_day:
            number, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
            return number in parts.by_year_day or number - length - 1 in parts.by_year_day
        return True


@lru_cache(maxsize=256)
def rule_walls(line: str, begins: datetime) -> RuleWalls:
    """Return the wall times of a rule, made ready once: a COUNT has to be counted from the beginning."""
    return RuleWalls(parts_of(line), begins)


def _times(parts: Parts, begins: datetime) -> tuple[int, ...]:
    """Return the seconds, in the smallest period of the rule or in a day, at which it starts."""
    hours: Sequence[int] = parts.by_hour or (begins.hour,)
    minutes: Sequence[int] = parts.by_minute or (begins.minute,)
    seconds: Sequence[int] = parts.by_second or (begins.second,)
    if parts.freq not in BELOW_DAILY:
        return tuple(3600 * hour + 60 * minute + second for hour, minute, second in product(hours, minutes, seconds))
    if parts.freq == "HOURLY":
        found = [60 * minute + second for minute, second in product(minutes, seconds)]
    else:
        found = list(seconds) if parts.freq == "MINUTELY" else [0]
    if parts.by_set_pos:
        chosen = {at - 1 if at > 0 else len(found) + at for at in parts.by_set_pos}
        found = [second for at, second in enumerate(found) if at in chosen]
    return tuple(found)


def _units(parts: Parts, begins: datetime) -> Sequence[int]:
    """Return the hours, minutes or seconds of a day that a rule below DAILY may have; a range: all of them."""
    size = UNIT[parts.freq]
    limits = (
        (3600, 24, parts.by_hour),
        (60, 60, parts.by_minute if size <= 60 else ()),
        (1, 60, parts.by_second if size == 1 else ()),
    )
    if not any(allowed for _, _, allowed in limits):
        return range(DAY // size)
    # What the interval can never hit is left out here, so that no search looks at it day after day.
    phase = gcd(parts.interval, DAY // size)
    return tuple(
        unit
        for unit in range(_second_of(begins) // size % phase, DAY // size, phase)
        if all(not allowed or unit * size // of % count in allowed for of, count, allowed in limits)
    )


def _second_of(wall: datetime) -> int:
    return 3600 * wall.hour + 60 * wall.minute + wall.second


def _wall(day: int, second: int) -> datetime:
    return datetime.fromordinal(day) + timedelta(seconds=second)
