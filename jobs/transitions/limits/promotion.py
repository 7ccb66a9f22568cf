"""Gives the free places of limits to those that wait, in the order of their `run_at`."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from django.db import DatabaseError, InterfaceError

from jobs.clock import steady
from jobs.database import transaction
from jobs.events import emit
from jobs.events.transitions import LimitsLeftToLeader
from jobs.models import Turn
from jobs.transitions.limits.filling import Filled, fill
from jobs.transitions.limits.names import Name, named
from jobs.transitions.limits.standing import room, unlocked_views

AGAIN = 0.01  # seconds
AT_MOST = 1.0  # seconds for which whoever has committed looks himself; the leader does the rest

Hand = Callable[[set[Name]], None]


class _Promoter:
    hand: Hand | None = None


def hand_to(hand: Hand | None) -> None:
    """Have `hand` told from now on at which limits somebody is to look: a thread of a worker. None: whoever has
    committed looks himself."""
    _Promoter.hand = hand


def leave(job_ids: Collection[int], *, now: datetime, also: Iterable[Name] = ()) -> None:
    """Release the places of jobs that have left their limits in this transaction, which has their rows. `also`: limits
    at which somebody is to look besides.

    1. Delete the jobs' places, in this transaction and without a limit's lock.
    2. After the commit, look at each limit that has a place free now: by this worker's thread for that, or here.
    3. The look gives the places to the heads of the lines: see `promote`. If this process dies before it, the leader
       looks.
    """
    at_commit(named(Turn.objects.leave(job_ids)) | set(also), now=now)


def at_commit(names: Collection[Name], *, now: datetime) -> None:
    """Look at these limits once the current transaction has committed: it has freed a place, or put somebody in
    line."""
    if names:
        transaction.on_commit(lambda: _look(set(names), now), robust=True)


def _look(names: set[Name], now: datetime) -> None:
    if _Promoter.hand is not None:
        _Promoter.hand(names)
        return
    try:
        until = steady() + AT_MOST
        while (names := promote(names, now=now, seconds=until - steady())) and steady() < until:
            time.sleep(AGAIN)  # somebody has their locks, for milliseconds
    except (DatabaseError, InterfaceError) as error:
        emit(LimitsLeftToLeader(len(names), error))


def promote(names: Collection[Name], *, now: datetime, seconds: float) -> set[Name]:
    """Give the free places of these limits to those that wait and publish them. Returns the limits at which somebody is
    to look again soon: another has their locks or their rows, or there is more to do than in so many seconds. Raises
    what the database raises.

    1. Read, without locks, which limits have room and somebody who waits; leave out the others.
    2. Fill each in transactions of its own, which wait for nobody: see `fill`. The first limit gets one in any case.
    3. Go on with it while there may be room and somebody who waits, until the time is over.
    """
    again: set[Name] = set()
    until = steady() + seconds
    for number, name in enumerate(with_room(names, now=now)):
        filled = Filled(more=True)
        first = number == 0 or steady() < until
        while filled.more and (first or steady() < until):
            with transaction.atomic():
                filled = fill(name, now=now, publish=first)
            again |= filled.also
            first = False
        if filled.more or filled.locked:
            again.add(name)
    return again


def with_room(names: Collection[Name], *, now: datetime) -> list[Name]:
    """Return the limits for which somebody waits, and that have room, as it seems without their locks: two statements
    for all of them."""
    views = unlocked_views(names, now=now)
    return sorted(name for name, view in views.items() if view.occupied.head is not None and room(view, now=now) != 0)
