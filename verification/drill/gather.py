"""Reads a round's evidence: from our tables, from the bodies' ledger, and from the journal of what was injected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Attempt, Job, Occurrence, Worker
from verification.benchmark import cost
from verification.benchmark.workload import Series
from verification.drill import changes, ledger
from verification.drill.evidence import (
    Allowance,
    Edition,
    Evidence,
    Fate,
    Noted,
    Queries,
    Recurring,
    Row,
    Share,
    Start,
    Stopped,
)
from verification.drill.faults import FAULTS, Injected, Injection, Stage
from verification.drill.load.creating import DrillLoad, ledger_key
from verification.drill.load.limited import CONCURRENCY
from verification.drill.load.old import OldJobs
from verification.drill.plan import Plan
from verification.rows import jobs_of

NOTED = ("schedule__name", "nominal_at", "number", "job_id", "cause", "count")  # as Noted has them


def evidence(
    *,
    plan: Plan,
    stage: Stage,
    load: DrillLoad,
    old: OldJobs,
    schedules: Sequence[Recurring],
    stops: Sequence[Stopped],
    edits: Mapping[int, Edition],
    injections: Sequence[Injection],
    spans: Mapping[Injection, tuple[float, float]],
    hits: Sequence[Injected],
    since: datetime,
    duration: timedelta,
) -> Evidence:
    """Everything of one round. `hits`: what failpoints did in it; `spans`: from when to when each
    injection really was, wall clock: a busy machine begins and ends it late."""
    window = conf().min_prepare_time
    lines = ledger.read(stage.services.ledger, stage.run)
    rows = list(jobs_of(stage.run, load.first_id, "drill").order_by("id"))
    return Evidence(
        expected=set(load.created),
        rows=[_row(job, stage.services.queue) for job in rows],
        starts=_starts([row.pk for row in rows]),
        ledger=[line for line in lines if line.what != ledger.TASK],
        injected=[*stage.journal, *_as_faults(hits, injections)],
        allowances=[*allowances(spans, window), *changes.allowances(stops, window)],
        window=window,
        max_delay=conf().max_delay_time,
        queries=_queries(plan, [row for row in rows if not _is_disturbed(row, stops, edits)], since, duration, window),
        # On one machine there is one clock; a database elsewhere has its own.
        clock_error=0.0 if stage.services.database else abs(clock.offset) + clock.uncertainty,
        rescue=rescue_within(),
        tasks=sum(line.what == ledger.TASK for line in lines),
        bundles=ledger.bundles(stage.services.ledger, load.created.keys()),
        whole=plan.whole,
        quiet=plan.quiet,
        bad_ends=stage.cluster.bad_ends(),
        raised=stage.cluster.raised(),
        schedules=list(schedules),
        occurrences=_noted([one.name for one in schedules]),
        old=old.found(),
        moved_too_soon=old.moved_too_soon(clock.now()),
        stops=list(stops),
        edits=dict(edits),
    )


def numbers(load: DrillLoad, evidence: Evidence) -> dict[str, int]:
    """Return what was in a round beside plain jobs."""
    return {
        "keyed": sum(len(row.shares) > 1 for row in evidence.rows),
        "HTTP": sum(row.http for row in evidence.rows),
        "runs of schedules": sum(row.nominal_at is not None for row in evidence.rows),
        "in dense windows": sum(series == Series.DENSE for series in load.created.values()),
        "bundles received": evidence.bundles,
        "Celery's own tasks": evidence.tasks,
        "old jobs moved": sum(one.moved for one in evidence.old if one.fate != Fate.REMOVED),
        "stops of everything": len(evidence.stops),
        "edited": len(evidence.edits),
        "removed": sum(not one.hot + one.moved for one in evidence.old if one.fate == Fate.REMOVED),
    }


def rescue_within() -> float:
    """Seconds from the death of a worker to the end of what it had started: its last sign of life, the patience with
    it, once more where the leader has changed since (jobs/scheduler/sweeper.py), half of it between two looks, and a
    second for the look."""
    c = conf()
    return c.heartbeat_interval + 2.5 * c.heartbeat_patience + 1.0


def _row(job: Job, limited: str) -> Row:
    shares = [Share(f"queue {job.queue}", CONCURRENCY)] if job.queue == limited else []
    shares += [Share(f"key {job.key}", job.key_limit)] if job.key is not None else []
    return Row(
        job_id=job.pk,
        key=ledger_key(job),
        state=job.state,
        run_at=job.run_at,
        created_at=job.created_at,
        execute_at=job.execute_at,
        finished_at=job.finished_at,
        reason=job.reason,
        shares=tuple(shares),
        http=job.target == "http",
        nominal_at=job.nominal_at,
        schedule="" if job.nominal_at is None else job.name,
        queue=job.queue,
    )


def _noted(schedules: Sequence[str]) -> list[Noted]:
    rows = Occurrence.objects.filter(schedule__name__in=schedules).order_by("nominal_at", "number")
    return [Noted(*row) for row in rows.values_list(*NOTED)]


def _starts(job_ids: list[int]) -> list[Start]:
    pids = dict(Worker.objects.values_list("session", "pid"))
    return [
        Start(
            job_id=s.job_id,
            number=s.number,
            worker=s.worker,
            pid=pids.get(s.session),
            locked_at=s.locked_at,
            started_at=s.started_at,
            finished_at=s.finished_at,
            outcome=s.outcome,
        )
        for s in Attempt.objects.filter(job_id__in=job_ids)
    ]


def _as_faults(hits: Sequence[Injected], injections: Sequence[Injection]) -> list[Injected]:
    """A process that stopped itself at a failpoint was woken at the latest after the longest stop."""
    longest = max([injection.lasts for injection in injections], default=0.0)
    return [Injected(f"failpoint {hit.fault}", hit.act, hit.at, hit.at + longest, pid=hit.pid) for hit in hits]


def allowances(spans: Mapping[Injection, tuple[float, float]], window: float) -> list[Allowance]:
    """Around a fault are the jobs due from a window before it to a window after it."""
    found = []
    for injection, (begin, end) in spans.items():
        fault = FAULTS[injection.fault]
        extra = fault.budget(replace(injection, lasts=end - begin))
        if extra:
            away = (begin, begin + extra) if fault.takes_away else None
            found.append(Allowance(injection.fault, begin - window, end + window, extra, away))
    return found


def _is_disturbed(job: Job, stops: Sequence[Stopped], edits: Mapping[int, Edition]) -> bool:
    """Return whether a message of this job was for nothing by what people did: its failures are not the product's."""
    due = job.run_at.timestamp()
    return job.pk in edits or any(stop.begins_at - conf().max_delay_time <= due <= stop.until for stop in stops)


def _queries(plan: Plan, jobs: Sequence[Job], since: datetime, duration: timedelta, window: float) -> Queries:
    where = cost.interval(since, duration, window)
    found = cost.count(where, window=window, job_ids=[job.pk for job in jobs], now=clock.now())
    limit = None if plan.cost_limit is None else plan.cost_limit * found.floor
    return Queries(found.total, limit, found.list_queries, found.windows, found.acquire_failures)
