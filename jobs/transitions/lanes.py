"""Jobs that share a key or a queue with rules: whose turn it is, decided by one transaction at a time.

A turn that has come is written down (`turn_at`) and counts as occupied until its job has started, so that nobody who
comes in between overtakes it. Whoever takes a job away from its lane calls `release` in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import F

from jobs import dispatcher
from jobs.models import Job, Kind, Lane
from jobs.models.querysets import Listed
from jobs.states import Hold

HOLDS = {Kind.KEY: Hold.KEY, Kind.QUEUE: Hold.QUEUE}
FREED_AT_ONCE = 1000
LOCKS = 0x52754C41  # "RuLA": the first half of our advisory locks; the leader's is of the other kind
# In one order for everybody, so that two that want the same two never wait for each other.
LOCK = """
SELECT pg_advisory_xact_lock(%s, lock) FROM (
    SELECT DISTINCT hashtext(name) AS lock FROM unnest(%s::text[]) AS name ORDER BY 1
) AS locks
"""


class Name(NamedTuple):
    """Of a lane."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}'"


def of(*, queue: str, key: str | None) -> list[Name]:
    """The lanes that a job is in, whether they have rules or not."""
    return [Name(Kind.QUEUE, queue)] + ([Name(Kind.KEY, key)] if key is not None else [])


def lock(names: Iterable[Name]) -> None:
    """Nobody else decides about these until this transaction ends. After the rows of jobs, never before them: see
    `release`, which waits for no row."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [LOCKS, [f"{lane.kind}:{lane.name}" for lane in names]])


def rules_of(names: Collection[Name]) -> dict[Name, Lane]:
    """Of those that have any."""
    lanes = Lane.objects.filter(name__in={lane.name for lane in names})
    return {found: lane for lane in lanes if (found := Name(Kind(lane.kind), lane.name)) in names}


def occupied(names: Collection[Name]) -> dict[Name, list[int]]:
    """Which jobs run in each, or are about to start."""
    found: dict[Name, list[int]] = {lane: [] for lane in names}
    for kind in Kind:
        wanted = [lane.name for lane in names if lane.kind == kind]
        if wanted:
            for name, job_id in Job.objects.occupying(kind, wanted):
                found[Name(kind, name)].append(job_id)
    return found


def release(names: Collection[Name], *, now: datetime) -> int:
    """Give the free places of these lanes to those that wait, in the order of their `run_at`, and publish them at
    commit. Returns how many. The caller has changed the rows of those that have left."""
    if not names:
        return 0
    lock(names)
    rules = rules_of(names)
    released = 0
    for lane in sorted(names):
        rule = rules.get(lane)
        if rule is None or rule.paused_at is None:
            # Looked at one after the other: whoever was let go by its key is in its queue too.
            released += _fill(lane, rule, taken=len(occupied([lane])[lane]), now=now)
    return released


def _fill(lane: Name, rule: Lane | None, *, taken: int, now: datetime) -> int:
    waiting = Job.objects.waiting_in(lane.kind, lane.name, HOLDS[lane.kind])
    limit = rule.concurrency if rule is not None else None
    if lane.kind == Kind.QUEUE:
        return _free_all(lane, now=now) if limit is None else _let_go(waiting[: max(limit - taken, 0)], lane, now=now)
    first = waiting.first()  # the jobs of a key say themselves how many of it may run
    if first is None:
        return 0
    free = min(first.key_limit, limit or first.key_limit) - taken
    chosen = [job for place, job in enumerate(waiting[: max(free, 0)]) if place + taken < job.key_limit]
    return _let_go(chosen, lane, now=now)


def _free_all(lane: Name, *, now: datetime) -> int:
    """Nothing limits this queue any more: all that wait for it are free, the first of them published at once, the rest
    by the next list query."""
    hold = HOLDS[lane.kind]
    first = list(Job.objects.waiting_in(lane.kind, lane.name, hold)[:FREED_AT_ONCE])
    freed = _let_go(first, lane, now=now)
    if len(first) == FREED_AT_ONCE:
        rest = Job.objects.waiting_in(lane.kind, lane.name, hold).values("pk")
        freed += Job.objects.filter(pk__in=rest).update(holds=F("holds").bitand(~int(hold)))
    return freed


def _let_go(jobs: Iterable[Job], lane: Name, *, now: datetime) -> int:
    """It is their turn. Those that wait for something else besides are not published yet."""
    hold = HOLDS[lane.kind]
    chosen = list(jobs)
    left = F("holds").bitand(~int(hold))
    Job.objects.filter(pk__in=[job.pk for job in chosen]).update(holds=left, turn_at=now)
    free = [job for job in chosen if job.held_by == hold]
    dispatcher.publish_at_commit([Listed(job.pk, job.version, job.due, job.queue, 1) for job in free], now=now)
    return len(chosen)
