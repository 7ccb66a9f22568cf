"""Forecast of a day or a week: what is planned, how long it lasts, on the slots that there are."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from jobs.forecast.coming import Coming
from jobs.forecast.overloads import Overload, overloads, with_fewer
from jobs.forecast.reading import DAY, KEY, LENGTHS, Durations, Lasting, Reading, kept_for, read
from jobs.forecast.simulation import NEVER, Stretches, simulate, spread_evenly, work_by_stretch
from jobs.forecast.slots import Share, has_own, notes_of, pools, slots_of, together_with
from jobs.kept import alone
from jobs.models import Limit
from jobs.models.limit import Kind
from jobs.models.querysets.cohorts import MOST_PENDING, Cohorts
from jobs.rights import Reach

PARTS = 8  # in which a cell with several moments is spread evenly
QUEUES = 50  # that are answered for; those with the greatest delays first
OVERLOADS = 20  # of a queue
TRIED = 5  # queues with the greatest delays, for whose overloads fewer slots are tried
MOST_SLOTS = 1_000
MOST_RECKONED = 16  # forecasts that a process keeps, the last

Entry = tuple[int, str, int, int]  # as jobs.forecast.simulation.Runs has it

# Not in the cache: to take a thousand stretches out of it would take as long as to reckon them.
_reckoned: dict[tuple[UUID, str | None, int], Forecast] = {}


@dataclass(frozen=True)
class OfQueue:
    """Forecast of a queue. `slots`: that take from it, `shares`: which; `stretches`: those in which something is due or
    goes on, by their places."""

    name: str
    slots: int
    shares: tuple[Share, ...]
    starts: int
    delay: float
    stretches: Stretches
    overloads: tuple[Overload, ...]
    more_overloads: int
    notes: tuple[str, ...]

    @property
    def delay_s(self) -> float | None:
        """The greatest delay in seconds; None: for ever."""
        return None if self.delay == NEVER else round(self.delay / 1000, 3)


@dataclass(frozen=True)
class Forecast:
    """Answer. `base`: when the first stretch begins; `cut_at`: jobs that are due after it were not counted."""

    now: datetime
    base: datetime
    until: datetime
    hours: int
    length: int
    more_slots: int
    jobs: int
    cut_at: datetime | None
    coming: Coming
    lasting: tuple[Lasting, ...]
    queues: tuple[OfQueue, ...]
    left_out: int

    def at(self, place: int) -> datetime:
        """Return when the stretch with this place begins."""
        return self.base + timedelta(milliseconds=place * self.length)

    @property
    def places(self) -> int:
        """Return how many stretches there are."""
        return math.ceil((self.until - self.base) / timedelta(milliseconds=self.length))

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(one.target for one in self.lasting if not one.known)


def forecast(*, now: datetime, hours: int, within: Reach, queue: str | None = None, more_slots: int = 0) -> Forecast:
    """Return what is to be expected in the next hours, of what is within this reach; with `queue` of this one, others
    are reckoned with all the same, since they may use its slots. Some seven statements."""
    return reckon(read(now, hours, within), within, queue=queue, more_slots=more_slots)


def latest(*, now: datetime, hours: int, within: Reach, queue: str | None = None, more_slots: int = 0) -> Forecast:
    """Return the same, by what was read for somebody who sees the same a few seconds ago; what was reckoned of that is
    not reckoned again in this process."""
    found = kept_for(now, hours, within)
    key = found.mark, queue, more_slots
    with alone(f"{KEY}-{key}"):
        known = _reckoned.get(key)
        if known is None:
            known = _reckoned[key] = reckon(found, within, queue=queue, more_slots=more_slots)
            for old in list(_reckoned)[:-MOST_RECKONED]:
                _reckoned.pop(old, None)
    return known


def reckon(found: Reading, within: Reach, *, queue: str | None = None, more_slots: int = 0) -> Forecast:
    """Simulate what was read. No statement."""
    now, base, hours, length = found.now, found.base, found.hours, LENGTHS[found.hours]
    until = found.until
    counted, schedules, lasts, of_workers = found.counted, found.schedules, found.lasts, found.of_workers
    hidden = within.names_of_others(Kind.QUEUE)
    last = max((max(one.last) for one in counted if one.is_pending), default=0)
    runs, running, jobs = _runs(counted, schedules, lasts, base, now)
    names = {queue for _, queue, _, _ in runs} | {queue for _, queue, _, _ in running}
    asked = {name for name in (names if queue is None else {queue}) if name not in hidden}
    asked = asked if within.only_queues is None else asked & within.only_queues
    limits = {name: one for name, one in found.limits.items() if name in asked}
    most = {
        name: one.concurrency
        for name, one in limits.items()
        if one.concurrency is not None and has_own(name, of_workers)
    }
    stretches = simulate(
        [one for one in runs if one[1] not in hidden] if hidden else runs,
        pools(of_workers, dict.fromkeys(asked, more_slots), most),
        length=length,
        running=running,
        until=int((until - base) / timedelta(milliseconds=1)),
    )
    answered = [
        _of_queue(name, stretches, of_workers, limits.get(name), base=base, length=length, hours=hours, more=more_slots)
        for name in sorted(asked)
    ]
    answered.sort(key=lambda one: (-one.delay, one.name))
    answered = [_with_fewer(one, runs, length) if place < TRIED else one for place, one in enumerate(answered)]
    return Forecast(
        now=now,
        base=base,
        until=until,
        hours=hours,
        length=length,
        more_slots=more_slots,
        jobs=jobs,
        cut_at=base + timedelta(milliseconds=last) if jobs >= MOST_PENDING else None,
        coming=schedules,
        lasting=tuple(lasts(target) for target in sorted(lasts.targets)),
        queues=tuple(answered[:QUEUES]),
        left_out=max(len(answered) - QUEUES, 0),
    )


def _runs(
    counted: Iterable[Cohorts], schedules: Coming, lasts: Durations, base: datetime, now: datetime
) -> tuple[list[Entry], list[Entry], int]:
    """Return what is due in its order, what runs, and how many pending jobs there are."""
    runs: list[Entry] = []
    running: list[Entry] = []
    jobs = 0
    moment = int((now - base) / timedelta(milliseconds=1))
    for one in counted:
        ms = lasts(one.target).ms
        if not one.is_pending:
            # One that lasts longer than it should is taken to last as long again.
            running += [(moment, one.queue, 1, ms - age if age < ms else max(age, 1)) for age in one.first]
            continue
        jobs += sum(one.numbers)
        runs += spread_evenly(one.cells(), one.queue, ms, most=PARTS)
    for (queue, target, at), number in schedules.starts.items():
        runs.append((int((at - base) / timedelta(milliseconds=1)), queue, number, lasts(target).ms))
    runs.sort()
    return runs, running, jobs


def _of_queue(
    name: str,
    found: Mapping[str, Stretches],
    of_workers: list[Share],
    limit: Limit | None,
    *,
    base: datetime,
    length: int,
    hours: int,
    more: int,
) -> OfQueue:
    stretches = {place: one for place, one in sorted(found.get(name, {}).items()) if one.starts or one.needed}
    its = tuple(share for share in of_workers if name in share.queues)
    slots, is_own = slots_of(name, of_workers) + more, has_own(name, of_workers)
    notes = tuple(notes_of(name, its, limit, slots, is_own=is_own))
    if is_own and limit is not None and limit.concurrency is not None:
        slots = min(slots, limit.concurrency)
    late = overloads(
        name,
        stretches,
        slots=slots,
        base=base,
        length=length,
        work=work_by_stretch(found, together_with(name, of_workers)),
        together=any(len(share.queues) > 1 or share.others for share in its),
        places=hours * 3_600_000 // length + 1,
        with_day=hours > DAY,
    )
    worst = sorted(late, key=lambda one: (-one.delay, one.first))
    return OfQueue(
        name=name,
        slots=slots,
        shares=its,
        starts=sum(one.starts for one in stretches.values()),
        delay=max((one.delay for one in stretches.values()), default=0.0),
        stretches=stretches,
        overloads=tuple(sorted(worst[:OVERLOADS], key=lambda one: one.first)),
        more_overloads=max(len(worst) - OVERLOADS, 0),
        notes=notes,
    )


def _with_fewer(one: OfQueue, runs: list[Entry], length: int) -> OfQueue:
    """Return the forecast of a queue with the fewest slots that do for its worst overload."""
    worst = max((late for late in one.overloads if late.delay != NEVER), key=lambda late: late.delay, default=None)
    if worst is None:
        return one
    begin, until = bisect_left(runs, (worst.first * length,)), bisect_left(runs, ((worst.last + 1) * length,))
    mine = [entry for entry in runs[begin:until] if entry[1] == one.name]
    return replace(one, overloads=tuple(with_fewer(late, mine) if late is worst else late for late in one.overloads))
