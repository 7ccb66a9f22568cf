"""The facts by which the causes are told apart: of one job or of a page of them, read with few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import models

from jobs import sentences
from jobs.conf import conf
from jobs.models import Attempt, Audit, Job, Leadership, Outage, Stop, Verb, Worker
from jobs.models.worker import WORKERS_FOR
from jobs.states import State

MOST_LIVES = 500  # of workers that are looked at, the last seen first
MOST_STOPS = 100  # the last that began first
MOST_OUTAGES = 100  # the last that ended first
MOST_OF_STORY = 2_000  # starts, and lines of the audit, of all jobs of a page
MOST_BUSY = 2_000  # jobs that are looked at for each, those due last before its time
MOST_BUSY_OF_ALL = 100_000  # of a page
BUSY_LOOK_BACK = timedelta(hours=1)

R = TypeVar("R", Attempt, Audit)


@dataclass(frozen=True)
class Facts:
    """Facts about one job. `busy`: how many slots were taken at `ready`, of those of the workers that took from its
    queue; None where it was not asked. `lives`: of workers that may have had to do with it."""

    job: Job
    now: datetime
    arm_lead: timedelta
    patience: timedelta
    starts: Sequence[Attempt] = ()
    audit: Sequence[Audit] = ()
    stops: Sequence[Stop] = ()
    lives: Sequence[Worker] = ()
    leader: Leadership | None = None
    outages: Sequence[Outage] = ()
    busy: int | None = None

    @property
    def end(self) -> datetime:
        """The moment until which it was late: of its start, as well as that is known, or now."""
        job = self.job
        return job.execute_at or (max(job.locked_at, job.run_at) if job.locked_at is not None else self.now)

    @property
    def taken(self) -> datetime:
        """The moment at which a worker took its row, or now."""
        return self.job.locked_at or self.now

    @property
    def serving(self) -> list[Worker]:
        """The workers that took from its queue when it was due: the latest heartbeat of a living one is always a little
        old."""
        at = self.due
        return [
            life
            for life in self.lives
            if self.job.queue in life.queues
            and life.started_at <= at <= life.heartbeat_at + self.patience
            and (life.stopped_at is None or life.stopped_at > at)
        ]

    @property
    def outlives_workers(self) -> bool:
        """Is true of a job so old that rows of workers may have gone which there were when it was due."""
        return self.due < self.now - WORKERS_FOR

    @property
    def missed_moment(self) -> datetime | None:
        """The moment of its rate that had passed before a worker took it."""
        return sentences.missed_moment(self.job.waited_for)

    @property
    def due(self) -> datetime:
        """The moment from which on nothing that was written down with the job held it back."""
        job = self.job
        missed = self.missed_moment  # what it was given after that, and published for, held nothing back
        known = [job.run_at, job.created_at, missed or job.not_before, job.turn_at, job.approved_at]
        if missed is None and job.waited_for and not is_placed(job):
            known.append(job.enqueued_at)
        return min(max(moment for moment in known if moment is not None), max(self.end, job.run_at))


def is_placed(job: Job) -> bool:
    """Return whether what is said of its waiting is what its calendar has made of its time."""
    return any(one.read(job.waited_for) is not None for one in (sentences.MOVED, sentences.WILL_BE_SKIPPED))


def collect(jobs: Sequence[Job], now: datetime) -> list[Facts]:
    """Return the facts about these jobs, in their order. Five statements for any number, and one each for the starts
    and the audit of those that have more than one version and whose story has not been read."""
    if not jobs:
        return []
    c = conf()
    arm_lead, patience = timedelta(seconds=c.arm_lead), c.patience
    since = min(job.run_at for job in jobs)
    until = max(job.locked_at or now for job in jobs)
    again = [job for job in jobs if job.version > 1 or job.attempt > 1]
    starts = _of_story(again, "attempts", Attempt.objects.all())
    audit = _of_story(again, "audit", Audit.objects.filter(verb__in=Verb.values))
    stops = list(Stop.objects.touching(since, until + arm_lead)[:MOST_STOPS])
    lives = list(Worker.objects.living_in(since - patience, until)[:MOST_LIVES])
    leader = Leadership.current()
    outages = list(Outage.objects.touching(since, until)[:MOST_OUTAGES])
    facts = [
        Facts(job, now, arm_lead, patience, starts[job.pk], audit[job.pk], stops, lives, leader, outages)
        for job in jobs
    ]
    asked = [(one.job.pk, _queues(one), one.due) for one in facts if one.serving]
    most = min(MOST_BUSY, MOST_BUSY_OF_ALL // max(len(asked), 1))
    busy = Job.objects.busy_at_each(asked, look_back=BUSY_LOOK_BACK, look_ahead=arm_lead, limit=most)
    return [Facts(**{**vars(one), "busy": busy.get(one.job.pk)}) for one in facts]


def _queues(facts: Facts) -> list[str]:
    """Return the queues whose jobs fill the slots that this one needed."""
    return sorted({queue for life in facts.serving for queue in life.queues})


def _of_story(jobs: Iterable[Job], name: str, rows: models.QuerySet[R]) -> defaultdict[int, list[R]]:
    """Return what belongs to each of these jobs, in its order; one statement for those with which it was not read."""
    found: defaultdict[int, list[R]] = defaultdict(list)
    unread = []
    for job in jobs:
        read = getattr(job, "_prefetched_objects_cache", {}).get(name)
        if read is None:
            unread.append(job.pk)
        else:
            found[job.pk] = list(read)
    for row in rows.filter(job_id__in=unread).order_by("id")[:MOST_OF_STORY] if unread else ():
        found[row.job_id or 0].append(row)
    return found


def was_lost(start: Attempt) -> bool:
    """Return whether this start's worker vanished with it."""
    return start.outcome == State.INTERRUPTED
