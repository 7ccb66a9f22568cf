"""Finds what was late or did not start in a span of time, with a few bounded questions, and counts it by its causes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from jobs.lateness import LateCause, late_of
from jobs.lateness.missing import missed_cause_of
from jobs.models import Job, Occurrence, Schedule
from jobs.objectives.limits import start_limits
from jobs.rights import Reach
from jobs.rights.telling import tell
from jobs.states import Cause
from jobs.web.appearance.times import minute

MOST = 500  # late jobs, runs and skipped jobs that are explained, of each the last
BUCKETS = 48  # of the chart
ORDER = ("cause", "schedule", "queue", "target")


class Line(NamedTuple):
    """A late job, or a time that was missed. `times`: how many the row stands for."""

    at: datetime
    cause: str
    why: str
    late_seconds: float | None = None
    job: Job | None = None
    schedule: Schedule | None = None
    times: int = 1
    until: datetime | None = None

    @property
    def words(self) -> str:
        """The cause in words."""
        kinds: tuple[type[LateCause] | type[Cause], ...] = (LateCause, Cause) if self.is_late else (Cause, LateCause)
        return str(next((kind(self.cause).label for kind in kinds if self.cause in kind.values), "skipped"))

    @property
    def late_ms(self) -> float:
        return (self.late_seconds or 0.0) * 1000

    @property
    def is_late(self) -> bool:
        return self.late_seconds is not None

    @property
    def queue(self) -> str:
        return self.job.queue if self.job is not None else self.schedule.queue if self.schedule is not None else ""

    @property
    def target(self) -> str:
        return self.job.target if self.job is not None else self.schedule.target if self.schedule is not None else ""


@dataclass(frozen=True)
class Found:
    """Late jobs and missed times that were found. `back_to`: from when on late jobs were looked for; `more_late`,
    `more_missed`: there are more than are here."""

    late: list[Line]
    missed: list[Line]
    back_to: datetime
    more_late: bool
    more_missed: bool


def find(wanted: Mapping[str, Any], since: datetime, now: datetime, reach: Reach) -> Found:
    """Look for what was late or missed since then, within this reach, by these filters. Some fifteen statements,
    however much there is."""
    back_to = Job.objects.looked_back_to(since, now)
    limit = start_limits().as_expression
    jobs = Job.objects.maybe_late(limit, back_to, now).filter(**_of_job(wanted)).within(reach).brief()
    first = list(jobs[: MOST + 1])
    seen = tell(first[:MOST], reach)  # before it is explained: a reason names what its sentences name
    reasons = late_of(seen, now)
    shown = {job.pk: job for job in seen if job.pk in reasons}
    schedules = Schedule.objects.within(reach).in_bulk({job.schedule_id for job in shown.values() if job.schedule_id})
    late = [
        Line(
            job.run_at,
            reasons[pk].cause.value,
            reasons[pk].why,
            reasons[pk].seconds,
            job,
            schedules.get(job.schedule_id or 0),
        )
        for pk, job in shown.items()
    ]
    missed, more_missed = _missed(wanted, since, reach)
    return Found(
        [line for line in late if wanted.get("late") in (None, line.cause)],
        [line for line in missed if wanted.get("missed") in (None, line.cause)],
        back_to,
        len(first) > MOST,
        more_missed,
    )


def _missed(wanted: Mapping[str, Any], since: datetime, reach: Reach) -> tuple[list[Line], bool]:
    """Return what did not start, the last first, and whether there is more."""
    runs = Occurrence.objects.missed_since(since).within(reach).select_related("schedule")
    of_schedule = {f"schedule__{name}" if name != "schedule_id" else name: one for name, one in _of_job(wanted).items()}
    first = list(runs.filter(**of_schedule).order_by("-nominal_at", "-number")[: MOST + 1])
    jobs = Job.objects.skipped_since(since).filter(**_of_job(wanted)).within(reach).defer("payload")
    skipped = list(jobs[: MOST + 1])
    more = len(first) > MOST or len(skipped) > MOST
    lines = [
        Line(run.nominal_at, str(run.cause), run.why, schedule=run.schedule, times=run.count, until=run.until)
        for run in tell(first[:MOST], reach)
    ]
    lines += [Line(job.run_at, missed_cause_of(job) or "", job.reason, job=job) for job in tell(skipped[:MOST], reach)]
    return sorted(lines, key=lambda line: line.at, reverse=True), more


def _of_job(wanted: Mapping[str, Any]) -> dict[str, Any]:
    names = {"queue": "queue", "target": "target", "schedule": "schedule_id"}
    return {column: wanted[name] for name, column in names.items() if name in wanted}


class Share(NamedTuple):
    """Number of those of a cause, schedule, queue or target; `value` is what it is filtered by."""

    value: str
    text: str
    times: int


def shares(lines: Iterable[Line], most: int) -> dict[str, list[Share]]:
    """Return how many of these there are by cause, schedule, queue and target, the most first."""
    found: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in ORDER}
    for line in lines:
        found["cause"][line.cause, line.words] += line.times
        found["queue"][line.queue, line.queue] += line.times
        found["target"][line.target, line.target] += line.times
        if line.schedule is not None:
            found["schedule"][str(line.schedule.pk), line.schedule.name] += line.times
    return {name: [Share(*what, count) for what, count in counts.most_common(most)] for name, counts in found.items()}


class Bar(NamedTuple):
    """A stretch of time in the chart: where it stands, and how high it is, of 100; from which moment on."""

    x: float
    width: float
    late_y: float
    late_height: float
    missed_y: float
    missed_height: float
    title: str


def bars(found: Found, since: datetime, now: datetime) -> list[Bar]:
    """Return the chart of what was late and missed over this span; nothing where there is nothing."""
    each = (now - since) / BUCKETS
    late, missed = Counter[int](), Counter[int]()
    for lines, counts in ((found.late, late), (found.missed, missed)):
        for line in lines:
            counts[_bucket(line.until or line.at, since, each)] += line.times
    most = max((late[n] + missed[n] for n in range(BUCKETS)), default=0)
    if not most:
        return []
    shown = []
    for n in range(BUCKETS):
        up, over = round(100 * late[n] / most, 2), round(100 * missed[n] / most, 2)
        title = f"from {minute(since + n * each)}: {late[n]} late, {missed[n]} missed"
        shown.append(Bar(n * 10, 8, round(100 - up, 2), up, round(100 - up - over, 2), over, title))
    return shown


def _bucket(at: datetime, since: datetime, each: timedelta) -> int:
    return min(max(int((at - since) / each), 0), BUCKETS - 1)
