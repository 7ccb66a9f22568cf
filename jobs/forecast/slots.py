"""Slots that there are: those of workers that serve several queues are there once, for whichever run is due first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.forecast.simulation import Pool
from jobs.models import Worker

NAMED = 10  # workers of a share that are named


class Share(NamedTuple):
    """Slots of workers that take from the same queues, by those that who asks may see. `others`: they take from queues
    of other teams, too."""

    queues: frozenset[str]
    slots: int
    workers: tuple[str, ...]
    others: bool


def shares(now: datetime, patience: timedelta, *, hidden: Collection[str]) -> list[Share]:
    """Return the slots of the workers that live and take jobs. `hidden`: queues that are named to nobody who asks. One
    statement."""
    slots: dict[tuple[frozenset[str], bool], int] = defaultdict(int)
    names: dict[tuple[frozenset[str], bool], list[str]] = defaultdict(list)
    living = Worker.objects.alive(now, patience).filter(refusing="").order_by("name")
    for name, queues, number in living.values_list("name", "queues", "slots"):
        seen = frozenset(queues) - frozenset(hidden)
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
