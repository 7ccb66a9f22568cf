"""Calculates when the next start may be, by a rate: the bucket in its virtual scheduling form (ITU-T I.371)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

NEAR = timedelta(milliseconds=1)  # a start that is due within this is due
LATE = timedelta(milliseconds=50)  # after its moment a job asks anew; less costs no second look
MOST_RESERVED = 1000  # moments of one limit that are given ahead


def step(rate: float) -> timedelta:
    """Return the time from one start to the next at this rate (starts a second)."""
    return timedelta(seconds=1 / rate)


def after_start(steady: datetime | None, at: datetime, rate: float) -> datetime:
    """Return when the next start would be due at a steady rate, after a start at that moment."""
    return max(steady or at, at) + step(rate)


def moment(
    start: datetime,
    *,
    at_least: datetime,
    rate: float,
    burst: int,
    steady: datetime | None,
    pledged: int,
    reserved: Collection[datetime],
) -> datetime:
    """Return the first moment, `at_least` that, which this rate has for a job that could start at `start`. `steady`:
    when the next start would be due at a steady rate; `pledged` jobs will start about now; the moments in `reserved`
    are others'."""
    one = step(rate)
    pledged += sum(taken <= start for taken in reserved)  # theirs have come, and they start any moment
    if pledged:
        steady = max(steady or start, start) + pledged * one
    found = start if steady is None else max(start, steady - (burst - 1) * one)
    found = max(found, at_least)
    for taken in sorted(taken for taken in reserved if taken > start):
        if found + one <= taken:
            break  # what somebody has given back
        found = max(found, taken + one)
    return found
