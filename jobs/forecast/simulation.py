"""Simulates runs on slots, first come, first served, exactly: every run takes, in the order in which runs are due, the
slot of its queue that is free first. No object a run: runs that are due together and last as long are one entry, slots
that become free together another. Times are whole milliseconds from any moment on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import NamedTuple

NEVER = float("inf")  # the delay of what no slot takes


class Runs(NamedTuple):
    """Runs of one queue that are due at the same moment and last equally long."""

    due: int
    queue: str
    number: int
    lasts: int  # at least 1


@dataclass
class Pool:
    """Slots that take from the same queues. `busy`: a heap of moments, each with how many slots become free then."""

    queues: frozenset[str]
    slots: int
    idle: int = field(init=False)
    busy: list[tuple[int, int]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.idle = self.slots


@dataclass(slots=True)
class Stretch:
    """Sum of what is due in one stretch of time. `needed`: slots with which nothing in it would wait, so many runs go
    on at once if all start on time; `work`: milliseconds of slots; `delay`: the greatest, in milliseconds."""

    starts: int = 0
    needed: int = 0
    work: int = 0
    delay: float = 0.0

    @property
    def delay_s(self) -> float | None:
        """The greatest delay in seconds; None: for ever."""
        return None if self.delay == NEVER else round(self.delay / 1000, 3)


Stretches = dict[int, Stretch]


class _OnTime:
    """Counts how many runs of a queue go on at once where all start on time."""

    __slots__ = ("ends", "place", "running", "stretches")

    def __init__(self) -> None:
        self.ends: list[tuple[int, int]] = []
        self.running = 0
        self.place = 0
        self.stretches: Stretches = {}

    def at(self, moment: int) -> None:
        while self.ends and self.ends[0][0] <= moment:
            self.running -= heappop(self.ends)[1]

    def stretch(self, place: int, length: int) -> Stretch:
        """Return the stretch with this place, and note in those before it what goes on in them."""
        while self.place < place and self.ends:
            self.place += 1
            self.at(self.place * length)
            if self.running:
                self.stretches[self.place] = Stretch(needed=self.running)
        self.place = place
        found = self.stretches.get(place)
        if found is None:
            found = self.stretches[place] = Stretch(needed=self.running)
        return found


def simulate(
    runs: Iterable[tuple[int, str, int, int]],
    pools: Iterable[Pool],
    *,
    length: int,
    running: Iterable[tuple[int, str, int, int]] = (),
    until: int = 0,
) -> dict[str, Stretches]:
    """Return the stretches of `length` milliseconds of each queue, by their places, those in which something is due or
    goes on, up to `until`. `runs`, each as Runs has it, are in the order of their moments; `running` is what has its
    slots already, and is no start. The pools are used up."""
    serving: dict[str, tuple[Pool, ...]] = _serving(pools)
    tracks: dict[str, _OnTime] = defaultdict(_OnTime)
    for due, queue, number, lasts in running:
        _take(serving.get(queue, ()), due, number, lasts)
        track = tracks[queue]
        track.running += number
        heappush(track.ends, (due + lasts, number))
        track.stretch(0, length).needed = track.running
    for due, queue, number, lasts in runs:
        track = tracks[queue]
        place = due // length
        stretch = track.stretches[place] if place == track.place and place in track.stretches else None
        if stretch is None:
            stretch = track.stretch(place, length)
        ends = track.ends
        while ends and ends[0][0] <= due:
            track.running -= heappop(ends)[1]
        track.running += number
        heappush(ends, (due + lasts, number))
        stretch.needed = max(stretch.needed, track.running)
        stretch.starts += number
        stretch.work += number * lasts
        served = serving.get(queue, ())
        rest = _take(served, due, number, lasts)
        if rest:
            delay = _wait(served, rest, lasts) - due if served else NEVER
            stretch.delay = max(stretch.delay, delay)
    for track in tracks.values():
        if until:
            track.stretch((until - 1) // length, length)
    return {queue: track.stretches for queue, track in tracks.items()}


def _serving(pools: Iterable[Pool]) -> dict[str, tuple[Pool, ...]]:
    """Return by queue the pools that take from it: those that take from the fewest queues first, so that others keep
    what only they can use."""
    found: dict[str, list[Pool]] = defaultdict(list)
    for pool in sorted(pools, key=lambda pool: (len(pool.queues), sorted(pool.queues))):
        for queue in pool.queues:
            if pool.slots:
                found[queue].append(pool)
    return {queue: tuple(its) for queue, its in found.items()}


def _take(served: Sequence[Pool], due: int, number: int, lasts: int) -> int:
    """Give free slots to as many of these runs as there are; return how many are left."""
    for pool in served:
        busy = pool.busy
        while busy and busy[0][0] <= due:
            pool.idle += heappop(busy)[1]
        if pool.idle:
            taken = min(pool.idle, number)
            pool.idle -= taken
            heappush(busy, (due + lasts, taken))
            number -= taken
            if not number:
                break
    return number


def _wait(served: Sequence[Pool], rest: int, lasts: int) -> int:
    """Give the slots that become free first to these runs; return when the last of them starts. No slot is free."""
    last = 0
    while rest:
        if rest > len(served) and rest >= sum(len(pool.busy) for pool in served):
            number, moment = _rounds(served, rest, lasts)
            if number:
                rest, last = rest - number, moment
                continue
        pool = served[0] if len(served) == 1 else min(served, key=lambda pool: pool.busy[0][0])
        last, count = heappop(pool.busy)
        taken = min(count, rest)
        heappush(pool.busy, (last + lasts, taken))
        if count > taken:
            heappush(pool.busy, (last, count - taken))
        rest -= taken
    return last


def _rounds(served: Sequence[Pool], rest: int, lasts: int) -> tuple[int, int]:
    """Let the slots that become free next take a run each as often as no other slot becomes free before: the closed
    form of a long queue. Return how many runs that were, and when the last of them starts."""
    first = min(pool.busy[0][0] for pool in served)
    near, slots, latest, other = first + lasts, 0, first, NEVER
    for pool in served:
        for moment, count in pool.busy:
            if moment < near:
                slots += count
                latest = max(latest, moment)
            elif moment < other:
                other = moment
    rounds = rest // slots
    if other is not NEVER:
        rounds = min(rounds, (int(other) - 1 - latest) // lasts + 1)
    if not rounds:
        return 0, 0
    later = rounds * lasts
    for pool in served:
        pool.busy[:] = [(moment + later if moment < near else moment, count) for moment, count in pool.busy]
        heapify(pool.busy)
    return rounds * slots, latest + later - lasts


def spread_evenly(
    cells: Iterable[tuple[int, int, int]], queue: str, lasts: int, *, most: int
) -> Iterator[tuple[int, str, int, int]]:
    """Yield the runs of cells: of each when the first and the last is due, and how many it has. They are spread from
    the first to the last in at most `most` parts, as evenly as it goes, since no more is known of them. Plain tuples: a
    hundred thousand of them take half as long as those with names."""
    for first, last, number in cells:
        if number == 1 or first == last:
            yield (first, queue, number, lasts)
            continue
        parts = min(number, most)
        size, more = divmod(number, parts)
        for part in range(parts):
            yield (first + (last - first) * part // (parts - 1), queue, size + (part < more), lasts)


def work_by_stretch(found: Mapping[str, Stretches], queues: Iterable[str]) -> dict[int, int]:
    """Return the work of these queues together, by stretch."""
    sums: dict[int, int] = defaultdict(int)
    for queue in queues:
        for place, stretch in found.get(queue, {}).items():
            sums[place] += stretch.work
    return dict(sums)
