"""Lets go of the jobs that wait for one that has ended, or skips them where their condition can never hold any more."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import OperationalError
from django.db.models import F

from jobs import publishing, sentences
from jobs.clock import clock
from jobs.database import connection, transaction
from jobs.events import emit
from jobs.events.transitions import WaitersLeftToLeader
from jobs.models import Job
from jobs.models.querysets import Listed
from jobs.models.querysets.dependencies import Wait
from jobs.states import ENDED_AS, Awaited, Cause, Hold, State
from jobs.transitions.dependencies import runs

AT_ONCE = 1000  # jobs that one transaction lets go or skips; the leader sees to the rest
DEEPEST = 50  # how many generations of skipped jobs it follows
PATIENCE = "2s"  # of the look after the commit: whoever has the row longer than this is left to the leader


def ended(ids: Collection[int], *, now: datetime) -> int:
    """Let go of, or skip, what waits for jobs that have ended in this transaction, which has their rows. Returns how
    many jobs it has let go or skipped."""
    return unblock_or_skip(Job.objects.waiting_for(ids), now=now)


def unblock_or_skip(ids: Iterable[int], *, now: datetime, wait: bool = False) -> int:
    """Let go of those jobs that have waited enough, and skip those that wait in vain, and what waits for these in turn.
    Returns how many. With `wait` for whoever has their rows; only where nothing else is held."""
    done, generation = 0, sorted(ids)
    for _ in range(DEEPEST):
        generation = generation[: AT_ONCE - done]
        if not generation:
            break
        jobs = Job.objects.waiting_and_locked(generation, wait=wait)
        _look_again_at_commit(set(generation) - {job.pk for job in jobs})
        waits = Job.objects.how_far_they_wait([job.pk for job in jobs])
        verdicts = runs.judge(jobs, now=now)
        free, broken, vain = [], [], []
        for job in jobs:
            far, run = waits.get(job.pk), verdicts.get(job.pk)
            if far is not None and far.broken is not None and job.waits_for_end != Awaited.ANY:
                broken.append((job, far.broken))
            elif run is not None and run.vain:
                vain.append((job, run.vain))
            elif (far is None or not far.open) and (run is None or run.free):
                free.append((job, _waited_for(far) if run is None or far is not None else run.waited_for))
        vain += _in_vain(broken)
        _let_go(free, now)
        _skip(vain, now)
        done += len(free) + len(vain)
        skipped = [job.pk for job, _ in vain if job.has_dependents]
        generation, wait = (Job.objects.waiting_for(skipped) if skipped else []), False
    return done


def _let_go(free: list[tuple[Job, str]], now: datetime) -> None:
    """Let go of these jobs, with one update for all that waited for the same. Without a text it held nobody back."""
    for text, jobs in _by_text(free).items():
        changed: dict[str, Any] = {"holds": F("holds").bitand(~int(Hold.DEPENDENCIES))}
        if text:
            changed["waited_for"] = text
        Job.objects.filter(pk__in=[job.pk for job in jobs]).update(**changed)
    at_last = [job for job, _ in free if job.held_by == Hold.DEPENDENCIES]
    publishing.publish_at_commit([Listed.first(job) for job in at_last], now=now)


def _by_text(jobs: Iterable[tuple[Job, str]]) -> dict[str, list[Job]]:
    found: dict[str, list[Job]] = {}
    for job, text in jobs:
        found.setdefault(text, []).append(job)
    return found


def _waited_for(far: Wait | None) -> str:
    if far is None or far.last is None:
        return sentences.WAITED_FOR(others="jobs that are not there any more")
    of = f", the last of {far.jobs}" if far.jobs > 1 else ""
    return sentences.WAITED_FOR(others=f"job {far.last}{of}")


def _in_vain(broken: list[tuple[Job, int]]) -> list[tuple[Job, str]]:
    """Return these with why they wait in vain for those other jobs."""
    others = {other for _, other in broken}
    states = dict(Job.objects.filter(pk__in=others).order_by().values_list("pk", "state")) if others else {}
    # Read without its lock: it may have been retried or deleted since.
    how = {other: ENDED_AS.get(State(states[other])) if other in states else None for other in others}
    return [(job, sentences.BROKEN(job=f"Job {other}", how=how[other] or "did not complete")) for job, other in broken]


def _skip(vain: list[tuple[Job, str]], now: datetime) -> None:
    from jobs.transitions.schedules import succession  # noqa: PLC0415 - it makes jobs, and these wait for others

    for why, jobs in _by_text(vain).items():
        ids = [job.pk for job in jobs]
        Job.objects.filter(pk__in=ids).update(state=State.SKIPPED, finished_at=now, holds=0, reason=why)
        succession.missed(jobs, Cause.DEPENDENCY, why, now=now)


def _look_again_at_commit(ids: Collection[int]) -> None:
    """Look again after the commit at jobs that somebody else has; those that have left meanwhile are left out."""
    if ids and (waiting := list(Job.objects.still_waiting().filter(pk__in=ids).values_list("pk", flat=True))):
        transaction.on_commit(lambda: _look_again(waiting), robust=True)


def _look_again(ids: Collection[int]) -> None:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            unblock_or_skip(ids, now=clock.current(), wait=True)
    except OperationalError as error:
        emit(WaitersLeftToLeader(len(ids), error))
