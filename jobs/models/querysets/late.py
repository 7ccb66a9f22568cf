"""Questions about jobs that were late or did not start: bounded, and with how far they have looked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Case, F, Q
from django.db.models.functions import Least

from jobs.models.querysets.wanted import MEASURED, JobWanted
from jobs.states import State

LOOKED_AT = 50_000  # jobs that were due last, in which is looked for late ones


class JobsLate(JobWanted):
    """Part of JobQuerySet."""

    def looked_back_to(self, since: datetime, until: datetime) -> datetime:
        """Return from when on the jobs that were due until then are LOOKED_AT at most: `since`, or later. The index of
        `run_at` answers it."""
        due = self.filter(run_at__gt=since, run_at__lte=until).order_by("-run_at")
        beyond = due.values_list("run_at", flat=True)[LOOKED_AT : LOOKED_AT + 1].first()
        return since if beyond is None else beyond

    def maybe_late(self, late: timedelta | Case, since: datetime, now: datetime) -> Self:
        """Select the jobs, due since then, that have started so much later than they were asked to, that have not, and
        those that have started more than once; the last that were due first."""
        wanted = Least(F("run_at"), F("asked_run_at"))  # of what is not NULL
        begun = Q(attempt__gt=1, locked_at__isnull=False) | Q(execute_at__isnull=True, locked_at__gt=F("wanted") + late)
        measured = MEASURED & Q(execute_at__gt=F("wanted") + late)
        waits = Q(state=State.PENDING, run_at__lt=models.Value(now, output_field=models.DateTimeField()) - late)
        found = self.filter(run_at__gt=since, run_at__lte=now).alias(
            wanted=models.ExpressionWrapper(wanted, output_field=models.DateTimeField())
        )
        return found.filter(measured | begun | waits).order_by("-run_at", "-id")

    def started_late(self, late: timedelta | Case, since: datetime, now: datetime) -> Self:
        """Select the jobs, due since then, that have started so much later than `run_at`, the last due first."""
        found = self.filter(MEASURED, run_at__gt=since, run_at__lte=now, execute_at__gt=F("run_at") + late)
        return found.order_by("-run_at", "-id")

    def skipped_since(self, since: datetime) -> Self:
        """Select the jobs of no schedule that did not start, by a policy, the last first: the runs of schedules stand
        in `jobs_occurrence`. Those that somebody has cancelled, nobody wanted any more."""
        return self.filter(state=State.SKIPPED, finished_at__gte=since, nominal_at__isnull=True).order_by(
            "-finished_at"
        )
