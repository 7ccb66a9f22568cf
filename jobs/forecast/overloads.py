"""Finds stretches in which runs start late, says so in a sentence, and what would help."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jobs.forecast.simulation import NEVER, Pool, Stretches, simulate

LATE = 1_000  # milliseconds: from here on a start is late, as everywhere
TOLERABLE = 10_000  # milliseconds
MOST_TRIED = 1_000  # entries of an overload for which fewer slots are tried
FILLED = 0.9  # of the slots, that what is spread may take
NO_END = 1 << 60  # a stretch that has everything
COMMAND = "celery -A project worker -P threads -c {} -n more@%h -Q {}"


@dataclass(frozen=True)
class Overload:
    """Stretches in a row in which runs start late. `places`: from the first to the last; `delay`: the greatest, in
    milliseconds."""

    queue: str
    first: int
    last: int
    begin: datetime
    until: datetime
    starts: int
    needs: int
    slots: int
    delay: float
    text: str
    #: Seconds over which what is due in it, and meanwhile, would have to be spread; None: no stretch that was looked at
    #: is long enough.
    spread: int | None
    #: How many slots more would let nothing wait.
    more: int
    #: How many more would keep delays within TOLERABLE; None: not reckoned.
    fewer: int | None
    command: str

    @property
    def spread_words(self) -> str:
        """The seconds of `spread` in words."""
        return "" if self.spread is None else lasting(self.spread * 1000)

    @property
    def delay_s(self) -> float | None:
        """The greatest delay in seconds; None: for ever."""
        return None if self.delay == NEVER else round(self.delay / 1000, 3)


def overloads(
    queue: str,
    stretches: Stretches,
    *,
    slots: int,
    base: datetime,
    length: int,
    work: Mapping[int, int],
    together: bool,
    places: int,
    with_day: bool,
) -> Iterator[Overload]:
    """Yield the overloads of a queue in their order; where it has no slots all that is planned is one. `work`: of all
    queues that use its slots, by stretch; `together`: there are others; `places`: how many stretches were looked at."""
    late = sorted(place for place, stretch in stretches.items() if stretch.delay > LATE)
    for first, last in _rows(late) if slots else [(late[0], late[-1])] if late else []:
        its = [stretches[place] for place in late if first <= place <= last]
        begin = base + timedelta(milliseconds=first * length)
        needs, delay = max(one.needed for one in its), max(one.delay for one in its)
        more, starts = max(needs - slots, 1), sum(one.starts for one in its)
        yield Overload(
            queue=queue,
            first=first,
            last=last,
            begin=begin,
            until=base + timedelta(milliseconds=(last + 1) * length),
            starts=starts,
            needs=needs,
            slots=slots,
            delay=delay,
            text=said(begin, starts, needs, slots, delay, together=together, with_day=with_day),
            spread=_spread(first, last, work, slots=slots, length=length, places=places),
            more=more,
            fewer=None,
            command=COMMAND.format(more, shlex.quote(queue)),
        )


def with_fewer(late: Overload, runs: Sequence[tuple[int, str, int, int]]) -> Overload:
    """Return the overload with the fewest slots, of its own, with which delays stay within TOLERABLE, by bisection.
    `runs`: what is due in it, in its order, as if there were nothing before."""
    if len(runs) > MOST_TRIED or not late.slots or late.delay <= TOLERABLE:
        return late
    too_few, enough = late.slots, late.slots + late.more
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        found = simulate(runs, [Pool(frozenset({late.queue}), middle)], length=NO_END)
        if max(one.delay for one in found[late.queue].values()) <= TOLERABLE:
            enough = middle
        else:
            too_few = middle
    fewer = enough - late.slots
    return replace(late, fewer=fewer, command=COMMAND.format(fewer, shlex.quote(late.queue)))


def said(begin: datetime, starts: int, needs: int, slots: int, delay: float, *, together: bool, with_day: bool) -> str:
    """Say an overload: 12:00 needs 23 slots, has 8: delays up to 41 s."""
    at = f"{begin:%a %H:%M}" if with_day else f"{begin:%H:%M}"
    if delay == NEVER:
        wait = "start waits" if starts == 1 else "starts wait"
        return f"From {at} on {starts:,} {wait}: no worker takes from this queue."
    wants = f"{at} needs {needs:,} slot{'' if needs == 1 else 's'}"
    has = f"has {slots:,}" + (", and not alone" if together else "")
    return f"{wants}, {has}: delays up to {lasting(delay)}."


def lasting(milliseconds: float) -> str:
    """Say a length of time: 41 s, 3 min 20 s, 2 h 5 min."""
    seconds = math.ceil(milliseconds / 1000)
    if seconds < 120:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 120:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def _rows(places: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of those that follow each other."""
    first = None
    for at, place in enumerate(places):
        first = place if first is None else first
        if at + 1 == len(places) or places[at + 1] > place + 1:
            yield first, place
            first = None


def _spread(first: int, last: int, work: Mapping[int, int], *, slots: int, length: int, places: int) -> int | None:
    """Return the seconds from the beginning on in which the slots can do what is due in the overload and meanwhile."""
    if not slots:
        return None
    sum_of_work = 0
    for place in range(first, places):
        sum_of_work += work.get(place, 0)
        seconds = (place + 1 - first) * length // 1000
        if place >= last and sum_of_work <= FILLED * slots * seconds * 1000:
            return seconds
    return None
