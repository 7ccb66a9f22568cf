"""Questions about starts, by name: the ledger's side of jobs/models/querysets/__init__.py."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, Q

from jobs.models.querysets.within import OfJobsWithin
from jobs.states import State

if TYPE_CHECKING:
    from jobs.models.attempt import Attempt  # noqa: F401 - named in the base class
    from jobs.models.job import Job
    from jobs.models.querysets.workers import WorkerQuerySet


class AttemptQuerySet(OfJobsWithin, models.QuerySet["Attempt"]):
    def open(self) -> AttemptQuerySet:
        """Select the attempts that have started and not yet ended."""
        return self.filter(outcome__isnull=True)

    def of_running(self) -> AttemptQuerySet:
        """Select the open attempts of jobs that run. Found by way of the jobs, of which few run: no index knows which
        attempts are open."""
        return self.open().filter(job__state=State.RUNNING)

    def open_by(self, job_id: int, token: uuid.UUID) -> AttemptQuerySet:
        """Select the attempt of this token with its job, unless it has ended."""
        return self.open().select_related("job").filter(job_id=job_id, token=token)

    def open_of(
        self, sessions: Iterable[uuid.UUID], job_id: int | None = None, among: Collection[int] | None = None
    ) -> AttemptQuerySet:
        """Select the attempts that these lives of workers have started and that have not yet ended, of jobs that run;
        with `job_id` of that job only, with `among` only those of these ids, whether or not it runs."""
        if among is not None:
            found = self.open().filter(pk__in=list(among))
        else:
            found = self.of_running() if job_id is None else self.open().filter(job_id=job_id)
        return found.filter(session__in=list(sessions))

    def running_on(self, sessions: Iterable[uuid.UUID], most: int) -> AttemptQuerySet:
        """Select the first `most` starts that these lives of workers have in their slots, the oldest first, with their
        jobs."""
        found = self.open_of(sessions).select_related("job").defer("job__payload", "job__labels", "log", "result")
        return found.order_by("job__locked_at", "pk")[:most]

    def running_at(self, at: datetime, sessions: Iterable[uuid.UUID], among: models.QuerySet[Job]) -> AttemptQuerySet:
        """Select the starts of these jobs that these lives of workers had in their slots at that moment, the oldest
        first."""
        over = Q(finished_at__gt=at) | Q(finished_at__isnull=True)
        found = self.filter(over, session__in=list(sessions), locked_at__lte=at, job_id__in=among.values("pk"))
        brief = found.select_related("job").defer("job__payload", "job__labels", "log", "result")
        return brief.order_by("locked_at", "pk")

    def orphaned(self, present: WorkerQuerySet, locked_before: datetime) -> AttemptQuerySet:
        """Select the attempts of jobs that run since before then, by a session that is none of the present workers':
        one that was declared gone and woke, or that never got as far as its first heartbeat."""
        old = self.of_running().filter(job__locked_at__lt=locked_before)
        return old.exclude(session__in=present.values("session"))

    def sessions(self) -> list[uuid.UUID]:
        """Return the lives of workers that made these attempts."""
        return list(self.order_by().values_list("session", flat=True).distinct())

    def open_by_session(self) -> dict[uuid.UUID, int]:
        """Return how many starts each life of a worker holds: its busy slots, at this moment."""
        return dict(self.of_running().order_by().values_list("session").annotate(starts=Count("pk")))
