"""Facts by which the platform is judged: a bounded question each. What has been so for ten minutes is asked more rarely
than who leads, and nobody asks who serves a queue in which nothing is due: an idle platform is asked two things a turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.clock import BUDGET
from jobs.conf import conf
from jobs.forecast.overloads import Overload
from jobs.installation import known
from jobs.models import Installation, Job, Leadership, Occurrence, Stop, Worker
from jobs.models.querysets.overviews import Backlog, Figures

LATELY = timedelta(minutes=10)
MOST = 1_000  # rows of a kind


@dataclass(frozen=True)
class Facts:
    """Facts of one moment. `served`: queues that a living worker takes jobs from, where any job is due; `started_late`:
    by queue, how many jobs of the last minutes; `missed`: by schedule, how many times; `clocks_off`: by worker, the
    milliseconds."""

    led: bool
    broker_answers: bool
    all_stopped: bool
    served: frozenset[str]
    backlog: tuple[Backlog, ...]
    started_late: tuple[tuple[str, int], ...]
    missed: tuple[tuple[str, int], ...]
    figures: Figures
    interrupted: int
    clocks_off: tuple[tuple[str, float], ...]
    overloads: tuple[Overload, ...] = ()


@dataclass(frozen=True)
class Lasting:
    """Facts that do not change from one turn to the next, as in `Facts`."""

    started_late: tuple[tuple[str, int], ...]
    missed: tuple[tuple[str, int], ...]
    figures: Figures
    interrupted: int
    clocks_off: tuple[tuple[str, float], ...]


NONE_LASTING = Lasting((), (), Figures(0, 0, None, None, None, None, None, 0, 0, 0, 0, 0), 0, ())


def ask_lasting(now: datetime) -> Lasting:
    """Ask what need not be asked each turn. Raises DatabaseError."""
    c = conf()
    limit = timedelta(seconds=c.max_delay_time)
    clocks = list(Worker.objects.alive(now, c.patience).values_list("name", "offset_ms")[:MOST])
    figures = Job.objects.latest_figures(now - LATELY)
    late = figures.high is not None and figures.high > limit.total_seconds() * 1000
    return Lasting(
        started_late=tuple(Job.objects.late_by_queue(now - LATELY, limit)) if late else (),
        missed=tuple(Occurrence.objects.missed_by_schedule(now - LATELY)),
        figures=figures,
        interrupted=Job.objects.interrupted().bounded_count(),
        clocks_off=tuple((name, offset) for name, offset in clocks if abs(offset) > BUDGET * 1000),
    )


def ask(
    now: datetime,
    broker_answers: Callable[[], bool],
    lasting: Lasting | None = None,
    *,
    ahead: tuple[Overload, ...] = (),
) -> Facts:
    """Ask the database and the broker; `lasting` too, where that was not asked lately; overloads `ahead` are known.
    Raises DatabaseError."""
    c = conf()
    backlog = Job.objects.backlog(now - timedelta(seconds=c.max_delay_time))
    is_due = any(queue.oldest <= now for queue in backlog)
    alive = Worker.objects.alive(now, c.patience).values_list("queues", "refusing")[:MOST] if is_due else ()
    return Facts(
        led=Leadership.lock_holder(known.identity().lock) is not None,
        broker_answers=broker_answers(),
        all_stopped=bool(backlog or ahead)
        and (Stop.objects.covering(now).exists() or Installation.restored() is not None),
        served=frozenset(name for queues, refusing in alive if not refusing for name in queues),
        backlog=tuple(backlog),
        overloads=ahead,
        **vars(lasting or ask_lasting(now)),
    )
