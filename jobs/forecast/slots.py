"""Slots that there are: those of workers that serve several queues are there once, for whichever run is due first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.forecast.simulation import Pool
from jobs.models import Limit, Worker

NAMED = 10  # workers of a share that are named


class Share(NamedTuple):
    """Slots of workers that take from the same queues, by those that who asks may see. `others`: they take from queues
    of other teams, too."""

    queues: frozenset[str]
    slots: int
    workers: tuple[str, ...]
    others: bool


def shares(now: datetime, patience: timedelta, *, hidden: Collection[str], only: Collection[str] | None) -> list[Share]:
    """Return the slots of the workers that live and take jobs. `hidden`: queues that are not named to who asks; `only`:
    all others are not either, unless it is None. One statement."""
    slots: dict[tuple[frozenset[str], bool], int] = defaultdict(int)
    names: dict[tuple[frozenset[str], bool], list[str]] = defaultdict(list)
    living = Worker.objects.alive(now, patience).filter(refusing="").order_by("name")
    for name, queues, number in living.values_list("name", "queues", "slots"):
        seen = frozenset(queues) - frozenset(hidden)
        seen = seen if only is None else seen & frozenset(only)
        kind = seen, len(seen) < len(set(queues))
        slots[kind] += number
        names[kind].append(name)
    return [
        Share(queues, number, tuple(names[queues, others][:NAMED]), others)
        for (queues, others), number in slots.items()
        if queues
    ]


def pools(shared: Iterable[Share], more: Mapping[str, int], most: Mapping[str, int]) -> list[Pool]:
    """Return the slots for a simulation, with so many `more` for each of these queues alone. `most`: so many of them a
    queue may use, whose slots are its own."""
    slots = Counter({frozenset({queue}): number for queue, number in more.items()})
    for share in shared:
        slots[share.queues] += share.slots
    return [
        Pool(queues, min(number, *(most[one] for one in queues if one in most), number))
        for queues, number in slots.items()
    ]


def has_own(queue: str, shared: Iterable[Share]) -> bool:
    """Return whether all slots that take from this queue take from no other."""
    return all(len(share.queues) == 1 and not share.others for share in shared if queue in share.queues)


def slots_of(queue: str, shared: Iterable[Share]) -> int:
    """Return how many slots take from this queue, alone or not."""
    return sum(share.slots for share in shared if queue in share.queues)


def together_with(queue: str, shared: Iterable[Share]) -> frozenset[str]:
    """Return the queues that have a slot in common with this one, with it."""
    return frozenset({queue}).union(*(share.queues for share in shared if queue in share.queues))


def notes_of(name: str, its: Iterable[Share], limit: Limit | None, slots: int, *, is_own: bool) -> Iterator[str]:
    """Say of a queue what is shared, and what of its limit is reckoned with. `its`: what takes from it."""
    for share in its:
        with_others = sorted(share.queues - {name})
        if with_others or share.others:
            named = ", ".join(repr(one) for one in with_others[:10])
            whose = " and ".join(part for part in (named, "queues of other teams" if share.others else "") if part)
            yield (
                f"{share.slots:,} of its slots ({', '.join(share.workers)}) take from {whose}, too. They are counted "
                "once: each takes whichever run is due first."
                + (" What other teams have planned is not reckoned with." if share.others else "")
            )
    if limit is not None and limit.paused_at is not None:
        yield "It is paused: this is what happens if it is resumed now."
    if limit is not None and limit.concurrency is not None and limit.concurrency < slots:
        yield f"Its limit lets {limit.concurrency:,} run at a time: " + (
            f"{slots:,} slots are there, and more do not help."
            if is_own
            else "that is not reckoned with, since others use its slots, too, so delays are greater."
        )
    if limit is not None and limit.rate is not None:
        yield f"Its limit lets {limit.rate:g} start a second: that is not reckoned with, so delays may be greater."
