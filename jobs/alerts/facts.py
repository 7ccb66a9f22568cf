"""Facts by which the platform is judged: a bounded question each, eight statements a turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.clock import BUDGET
from jobs.conf import conf
from jobs.installation import known
from jobs.models import Installation, Job, Leadership, Occurrence, Stop, Worker
from jobs.models.querysets.overviews import Backlog, Figures

LATELY = timedelta(minutes=10)
MOST = 1_000  # rows of a kind


@dataclass(frozen=True)
class Facts:
    """Facts of one moment. `started_late`: by queue, how many jobs of the last minutes; `missed`: by schedule, how many
    times; `clocks_off`: by worker, the milliseconds."""

    led: bool
    broker_answers: bool
    all_stopped: bool
    served: frozenset[str]  # queues that a living worker takes jobs from
    backlog: tuple[Backlog, ...]
    started_late: tuple[tuple[str, int], ...]
    missed: tuple[tuple[str, int], ...]
    figures: Figures
    interrupted: int
    clocks_off: tuple[tuple[str, float], ...]


def ask(now: datetime, broker_answers: Callable[[], bool]) -> Facts:
    """Ask the database and the broker. Raises DatabaseError."""
    c = conf()
    limit = timedelta(seconds=c.max_delay_time)
    alive = list(Worker.objects.alive(now, c.patience).values_list("name", "queues", "refusing", "offset_ms")[:MOST])
    backlog = Job.objects.backlog(now - limit)
    figures = Job.objects.latest_figures(now - LATELY)
    late = figures.high is not None and figures.high > limit.total_seconds() * 1000
    return Facts(
        led=Leadership.lock_holder(known.identity().lock) is not None,
        broker_answers=broker_answers(),
        all_stopped=bool(backlog) and (Stop.objects.covering(now).exists() or Installation.restored() is not None),
        served=frozenset(queue for _, queues, refusing, _ in alive if not refusing for queue in queues),
        backlog=tuple(backlog),
        started_late=tuple(Job.objects.late_by_queue(now - LATELY, limit)) if late else (),
        missed=tuple(Occurrence.objects.missed_by_schedule(now - LATELY)),
        figures=figures,
        interrupted=Job.objects.interrupted().bounded_count(),
        clocks_off=tuple((name, offset) for name, _, _, offset in alive if abs(offset) > BUDGET * 1000),
    )
