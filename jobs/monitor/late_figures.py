"""The figures of what was late and what was missed lately, by cause. A cause is known only when somebody looks, so they
are asked, with bounds and for `/metrics` each two minutes in each process, and are gauges of a stretch of time."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from django.core.cache import cache

from jobs.lateness import LateCause, late_of
from jobs.lateness.missing import missed_cause_of
from jobs.metrics.bounds import OTHER
from jobs.models import Job, Occurrence
from jobs.objectives.limits import start_limits
from jobs.states import Cause

LATELY = timedelta(minutes=15)
MOST = 500  # late jobs, missed rows and skipped jobs that are looked at, of each the last
KEPT_FOR = 120  # seconds
KEY = "runat-metrics-late"
MISSED = [cause.value for cause in Cause if cause != Cause.SHADOW]

Figures = dict[str, dict[tuple[str, ...], float]]


def latest(now: datetime) -> Figures:
    """Return the figures, at most KEPT_FOR seconds old. Raises DatabaseError."""
    found: Figures | None = cache.get(KEY)
    if found is None:
        found = take(now)
        cache.set(KEY, found, KEPT_FOR)
    return found


def take(now: datetime) -> Figures:
    """Ask the database: five statements where nothing was late, and those of `late_of` where something was."""
    since = now - LATELY
    back_to = Job.objects.looked_back_to(since, now)
    jobs = list(Job.objects.maybe_late(start_limits().as_expression, back_to, now).brief()[: MOST + 1])
    runs = list(Occurrence.objects.noted_since(since).values_list("cause", "count")[: MOST + 1])
    skipped = list(Job.objects.skipped_since(since).defer("payload")[: MOST + 1])
    late = Counter(late.cause.value for late in late_of(jobs[:MOST], now).values())
    missed: Counter[str] = Counter()
    for cause, times in runs[:MOST]:
        missed[str(cause)] += times
    missed.update(missed_cause_of(job) or OTHER for job in skipped[:MOST])
    more = back_to > since or max(len(jobs), len(runs), len(skipped)) > MOST
    return {
        "runat_jobs_late": {(cause,): late[cause] for cause in LateCause.values},
        "runat_jobs_missed": {(cause,): missed[cause] for cause in (*MISSED, OTHER)},
        "runat_late_cut": {(): more},
    }
