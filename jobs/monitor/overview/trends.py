"""Trends: what the roll-ups say of a span, a value for each stretch of it. Eight statements, nine
where anything is planned; none where it was asked within KEPT_FOR seconds by one who sees the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from jobs.forecast.need import CELL, slots_needed
from jobs.forecast.soon import soon
from jobs.kept import kept
from jobs.models import Alert, Job, Objective, Occurrence
from jobs.models.alert import AlertQuerySet
from jobs.models.querysets import OVERDUE_AFTER
from jobs.models.querysets.seeing_alike import name_of, of_teams
from jobs.models.rollups import queues, series
from jobs.models.rollups.digest import Digest, merged
from jobs.models.rollups.series import Asked, QueuePoint
from jobs.rights import Reach

KEPT_FOR = 10  # seconds
KEY = "runat-trends"
MINUTES, HOURS = 60, 3600  # the steps that are read
HOUR = timedelta(hours=1)
LAG = timedelta(seconds=15)  # by which a stretch has been counted: the leader counts every 10 s
MOST_MISSED = 1_000  # rows of each kind, the last
MOST_QUEUES = 1_000  # of the page of queues, those that were seen last
LATE_MS = OVERDUE_AFTER.total_seconds() * 1000

Values = tuple[float | None, ...]


@dataclass(frozen=True)
class Gauges:
    """Samples of what waited and ran: of one queue, or of all together. `slots`: None of several queues."""

    pending: Values
    overdue: Values
    oldest: Values  # seconds
    busy: Values
    slots: Values

    @property
    def use(self) -> Values:
        """Return which part of the slots ran a job, of 100; None where there was no slot."""
        pairs = zip(self.busy, self.slots, strict=True)
        return tuple(100 * busy / slots if busy is not None and slots else None for busy, slots in pairs)


@dataclass(frozen=True)
class Planned:
    """Plan of the hour that comes: how many are due in each minute, and how many slots its busiest ten seconds need by
    how long most bodies took."""

    starts: tuple[int, ...]
    slots: float
    since: datetime


@dataclass(frozen=True)
class Trends:
    """Values of each stretch of a span; None: not known. Lengths of time are in milliseconds."""

    asked: Asked
    starts: Values
    failed: Values
    late: Values  # by the objective of their target, else of their queue, else after LATE_MS
    missed: Values
    delays: tuple[int, ...]  # of how many the next are
    p50: Values
    p99: Values
    digest: Digest  # of the delays of the whole span
    longest: float | None
    all: Gauges
    has_objectives: bool = False  # of queues or targets
    queues: Mapping[str, Gauges] = field(default_factory=dict)
    planned: Planned | None = None  # of the past nobody keeps it
    alerts: int | None = None  # that were open at its end; None: the page counts those that are open now

    @property
    def each(self) -> timedelta:
        return timedelta(seconds=self.asked.step)


def begins(step: int) -> datetime | None:
    """Return since when there are figures in stretches of this step; None: there are none yet. Not asked again within
    KEPT_FOR seconds."""
    return kept(f"{KEY}-begins-{step}", KEPT_FOR, lambda: queues.first(step))


def last_hour(now: datetime, queue: str | None = None) -> Asked:
    """Return the last hour by its whole minutes, of one queue or of all."""
    until = datetime.fromtimestamp((now - LAG).timestamp() // MINUTES * MINUTES, UTC)
    return Asked(until - HOUR, until, MINUTES, queue)


def latest(now: datetime, reach: Reach, queue: str | None = None) -> Trends:
    """Return the trends of the last hour, of what is within this reach as a team's. Raises DatabaseError."""
    asked = last_hour(now, queue)
    return _kept(f"-of-{queue}" if queue else "", reach, lambda ours: read(asked, ours, planned_from=asked.until))


def past(asked: Asked, reach: Reach) -> Trends:
    """Return the trends of a span of the past, as above."""
    of = f"-of-{asked.queue}" if asked.queue else ""
    return _kept(f"-{asked.since.timestamp():.0f}-{asked.step}{of}", reach, lambda ours: read(asked, ours))


def known_queues(reach: Reach) -> list[str]:
    """Return the queues of which there are samples, as above: more of them than the overview shows."""
    ours = of_teams(reach)
    return kept(f"{KEY}-known{name_of(ours)}", KEPT_FOR, lambda: queues.known_queues(within=ours, most=MOST_QUEUES))


def gauges_of(names: Collection[str], now: datetime, reach: Reach) -> Mapping[str, Gauges]:
    """Return the samples of each of these queues in the last hour, of those within this reach of which there are any.
    One statement."""
    asked = last_hour(now)
    found = queues.each_queue(asked, within=of_teams(reach), names=names, most=len(names))
    return {name: _gauges(points, _moments(asked)) for name, points in found.items()}


def _kept(which: str, reach: Reach, take: Callable[[Reach], Trends]) -> Trends:
    ours = of_teams(reach)
    return kept(f"{KEY}{which}{name_of(ours)}", KEPT_FOR, lambda: take(ours))


def read(asked: Asked, reach: Reach, *, planned_from: datetime | None = None) -> Trends:
    """Ask the database. With `planned_from` also what is due in the hour from then on, otherwise how many alerts were
    open at the end of the span."""
    begin, moments = begins(asked.step), _moments(asked)
    limits = Objective.objects.start_limits()
    points = {point.at: point for point in series.points(asked, within=reach, limits=limits)}
    missed = Counter[datetime]()
    for at, times in _missed(asked, reach):
        missed[_stretch(at, asked)] += times

    def counted(count: Callable[[datetime], float]) -> Values:
        return tuple(count(at) if begin is not None and at >= begin else None for at in moments)

    delays = {at: point.delay for at, point in points.items() if point.delay.number}
    return Trends(
        asked=asked,
        starts=counted(lambda at: points[at].starts if at in points else 0),
        failed=counted(lambda at: points[at].failed + points[at].interrupted if at in points else 0),
        late=counted(lambda at: points[at].late if at in points else 0),
        missed=counted(lambda at: missed[at]),
        delays=tuple(delays[at].number if at in delays else 0 for at in moments),
        has_objectives=any(one.kind != Objective.Kind.SCHEDULE for one in limits),
        p50=tuple(delays[at].p50 if at in delays else None for at in moments),
        p99=tuple(delays[at].p99 if at in delays else None for at in moments),
        digest=merged(delay.digest for delay in delays.values()),
        longest=max((delay.high for delay in delays.values() if delay.high is not None), default=None),
        all=_gauges(series.queue_points(asked, within=reach), moments),
        queues={name: _gauges(found, moments) for name, found in queues.each_queue(asked, within=reach).items()},
        planned=None if planned_from is None else _planned(planned_from, reach, asked.queue),
        alerts=_alerts(reach, asked.queue).open_at(asked.until).count() if planned_from is None else None,
    )


def _moments(asked: Asked) -> list[datetime]:
    """Return when each stretch of the span begins."""
    stretches = round((asked.until - asked.since).total_seconds()) // asked.step
    return [asked.since + n * timedelta(seconds=asked.step) for n in range(stretches)]


def _alerts(reach: Reach, queue: str | None) -> AlertQuerySet:
    alerts = Alert.objects.within(reach)
    return alerts if queue is None else alerts.of("queue", queue)


def _stretch(at: datetime, asked: Asked) -> datetime:
    """Return when the stretch began in which this was."""
    each = timedelta(seconds=asked.step)
    return asked.since + (at - asked.since) // each * each


def _missed(asked: Asked, reach: Reach) -> Iterator[tuple[datetime, int]]:
    """Yield when something should have started that has not, and what a policy has skipped, and how often: as `/late/`
    counts, all times that a row stands for at the last of them. Two statements."""
    runs = Occurrence.objects.missed_since(asked.since).filter(nominal_at__lt=asked.until).within(reach)
    skipped = Job.objects.skipped_since(asked.since).filter(finished_at__lt=asked.until).within(reach)
    if asked.queue is not None:
        runs, skipped = runs.filter(schedule__queue=asked.queue), skipped.filter(queue=asked.queue)
    for at, until, count in runs.order_by("-nominal_at").values_list("nominal_at", "until", "count")[:MOST_MISSED]:
        if asked.since <= (until or at) < asked.until:
            yield until or at, count
    yield from ((at, 1) for at in skipped.values_list("finished_at", flat=True)[:MOST_MISSED])


def _gauges(points: Iterable[QueuePoint], moments: Sequence[datetime]) -> Gauges:
    of = {point.at: point for point in points}

    def values(value: Callable[[QueuePoint], float | None]) -> Values:
        return tuple(value(of[at]) if at in of else None for at in moments)

    return Gauges(
        pending=values(lambda one: one.pending),
        overdue=values(lambda one: one.overdue_max),
        oldest=values(lambda one: one.oldest_max),
        busy=values(lambda one: one.busy),
        slots=values(lambda one: one.slots),
    )


def _planned(since: datetime, reach: Reach, queue: str | None) -> Planned:
    ahead = soon(since, reach)
    minutes = Counter[int]()
    wanted = [one._replace(queue="") for one in ahead.planned() if queue in (None, one.queue)]
    for one in wanted:
        minutes[one.cell * CELL // 60] += one.starts
    slots = slots_needed(wanted, ahead.lasts.seconds).get(("", "60m"), 0.0)
    return Planned(tuple(minutes[n] for n in range(60)), slots, since)
