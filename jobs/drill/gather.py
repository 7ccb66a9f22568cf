"""Reads a round's evidence: from our tables, from the bodies' ledger, and from the journal of what was injected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from jobs.benchmark import cost
from jobs.clock import clock
from jobs.conf import conf
from jobs.drill import ledger
from jobs.drill.evidence import Allowance, Evidence, Queries, Row, Start
from jobs.drill.faults import FAULTS, Injected, Stage, Stroke
from jobs.drill.load import DrillLoad
from jobs.drill.plan import Plan
from jobs.models import Attempt, Job, Worker


def evidence(
    *,
    plan: Plan,
    stage: Stage,
    load: DrillLoad,
    strokes: Sequence[Stroke],
    hits: Sequence[Injected],
    since: datetime,
    duration: timedelta,
) -> Evidence:
    """Everything of one round. `hits`: what failpoints did in it."""
    window = conf().min_prepare_time
    rows = list(Job.objects.of_benchmark(stage.run, load.first_id, "drill").order_by("id"))
    return Evidence(
        expected=set(load.created),
        rows=[
            Row(r.pk, r.payload["key"], r.state, r.run_at, r.created_at, r.execute_at, r.finished_at, r.reason)
            for r in rows
        ],
        starts=_starts([row.pk for row in rows]),
        ledger=ledger.read(stage.services.ledger, stage.run),
        injected=[*stage.journal, *_as_faults(hits, strokes)],
        allowances=_allowances(strokes, since.timestamp(), window),
        window=window,
        max_delay=conf().max_delay_time,
        queries=_queries(plan, load, since, duration, window),
        # On one machine there is one clock; a database elsewhere has its own.
        clock_error=0.0 if stage.services.database else abs(clock.offset) + clock.uncertainty,
        whole=plan.whole,
        quiet=plan.quiet,
        bad_ends=stage.cluster.bad_ends(),
        raised=stage.cluster.raised(),
    )


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


def _as_faults(hits: Sequence[Injected], strokes: Sequence[Stroke]) -> list[Injected]:
    """A process that stopped itself at a failpoint was woken at the latest after the longest stop."""
    longest = max([stroke.lasts for stroke in strokes], default=0.0)
    return [Injected(f"failpoint {hit.fault}", hit.act, hit.at, hit.at + longest, pid=hit.pid) for hit in hits]


def _allowances(strokes: Sequence[Stroke], since: float, window: float) -> list[Allowance]:
    """Around a fault are the jobs due from a window before it to a window after it."""
    found = []
    for stroke in strokes:
        extra = FAULTS[stroke.fault].budget(stroke)
        if extra:
            at = since + stroke.at
            found.append(Allowance(stroke.fault, at - window, at + stroke.lasts + window, extra))
    return found


def _queries(plan: Plan, load: DrillLoad, since: datetime, duration: timedelta, window: float) -> Queries:
    where = cost.interval(since, duration, window)
    found = cost.count(where, window=window, job_ids=list(load.created), now=clock.now())
    limit = None if plan.cost_limit is None else plan.cost_limit * found.floor
    return Queries(found.total, limit, found.list_queries, found.windows, found.acquire_failures)
