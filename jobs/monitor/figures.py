"""The metrics of the database, asked at a scrape of web: three short statements at most every KEPT_FOR seconds in each
web process, however many ask, two to four more where anything is planned, and eight each minute or two, ten where there
are objectives. docs/metrics.md has them."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial

from django.core.cache import cache
from prometheus_client.core import GaugeMetricFamily, Metric

from jobs.clock import clock
from jobs.forecast.need import WINDOWS, slots_needed, starts_by_window
from jobs.forecast.soon import MOST_SOON, Soon, soon
from jobs.metrics.bounds import MOST, OTHER, kept
from jobs.metrics.table import OF_WEB
from jobs.models import Job, Leadership
from jobs.models.job import DEFAULT_QUEUE
from jobs.models.querysets.measuring import Duration
from jobs.monitor import late_figures
from jobs.monitor.leading import LeaderLine, leader_line
from jobs.monitor.workers import STATUSES, WorkerLine, worker_lines
from jobs.objectives.burning import NAMES
from jobs.objectives.standing import kept as kept_objectives
from jobs.rights import EVERYTHING
from jobs.states import Hold

KEPT_FOR = 5  # seconds
KEY = "runat-metrics"
DURATIONS_KEPT_FOR = 60  # seconds: they change slowly, and are the dearest
DURATIONS_KEY = "runat-metrics-durations"
BY = ("mean", "p95")

Values = dict[tuple[str, ...], float]  # of a metric, by its labels
Figures = dict[str, Values]

_asking = threading.Lock()


class OfTheDatabase:
    """Collector of prometheus_client: makes its families of the figures."""

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics of web. Raises DatabaseError."""
        figures = latest()
        for metric in OF_WEB:
            family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, value in figures[metric.name].items():
                family.add_metric(labels, value)
            yield family


def latest() -> Figures:
    """Return the figures, at most KEPT_FOR seconds old. Raises DatabaseError."""
    found: Figures | None = cache.get(KEY)
    if found is None:
        with _asking:  # two scrapers whose figures have just expired ask the database once
            found = cache.get(KEY)
            if found is None:
                found = take(clock.current())
                cache.set(KEY, found, KEPT_FOR)
    return found


def take(now: datetime) -> Figures:
    """Ask the database. A metric has a value for each value of its labels that there is now."""
    standing = Job.objects.standing(now)
    workers, ahead = worker_lines(now, standing.busy), soon(now, EVERYTHING)
    return (
        _of_pending(ahead, now)
        | _of_need(ahead)
        | _of_durations(durations())
        | _of_workers(workers, standing.running, ahead.queues)
        | _of_leader(leader_line(now, EVERYTHING, Leadership.of(standing.leader)), now)
        | late_figures.latest(now)
        | _of_objectives(now)
        | {
            "runat_jobs_interrupted": {(): standing.interrupted},
            "runat_jobs_held": _held(standing.held),
            "runat_limits_paused": {("queue",): standing.queues_paused, ("key",): standing.keys_paused},
            "runat_stops": {
                ("planned",): standing.stops_planned,
                ("in force",): standing.stops_in_force,
                ("letting go",): standing.stops_letting_go,
            },
            "runat_installation_held": {(): standing.nothing_starts},
        }
    )


def durations() -> list[Duration]:
    """Return how long bodies took, by target, at most DURATIONS_KEPT_FOR old. Raises DatabaseError."""
    found: list[Duration] | None = cache.get(DURATIONS_KEY)
    if found is None:
        found = Job.objects.durations()
        cache.set(DURATIONS_KEY, found, DURATIONS_KEPT_FOR)
    return found


def _of_pending(ahead: Soon, now: datetime) -> Figures:
    names = kept([DEFAULT_QUEUE, *ahead.queues])
    due, overdue, oldest = (_by_queue(dict.fromkeys(names, 0.0)) for _ in range(3))
    for one in ahead.counted:
        label = (one.queue if one.queue in names else OTHER,)
        due[label] = due.get(label, 0) + one.waiting
        overdue[label] = overdue.get(label, 0) + one.overdue
        oldest[label] = max(oldest.get(label, 0.0), (now - (one.oldest or now)).total_seconds())
    return {"runat_jobs_due": due, "runat_jobs_overdue": overdue, "runat_oldest_due_age_seconds": oldest}


def _of_need(ahead: Soon) -> Figures:
    names = kept([DEFAULT_QUEUE, *ahead.queues])
    planned = [one._replace(queue=one.queue if one.queue in names else OTHER) for one in ahead.planned()]
    nothing: Values = {(name, window): 0.0 for name in names for window in WINDOWS}
    slots: Values = {}
    for by in BY:
        needed = nothing | slots_needed(planned, partial(ahead.lasts.seconds, by=by))
        slots |= {(*labels, by): value for labels, value in needed.items()}
    starts: Values = {(*labels,): number for labels, number in starts_by_window(planned).items()}
    return {
        "runat_planned_starts": nothing | starts,
        "runat_slots_needed": slots,
        "runat_figures_cut": {(): ahead.jobs >= MOST_SOON},
    }


def _of_durations(durations: list[Duration]) -> Figures:
    names = kept(one.target for one in durations)
    values: Values = {
        (one.target, by): float(getattr(one, by)) for by in BY for one in durations if one.target in names
    }
    return {"runat_target_duration_seconds": values}


def _of_workers(workers: list[WorkerLine], running: Mapping[str, int], ahead: Iterable[str]) -> Figures:
    """Return also 0 slots for a queue that has jobs and no worker: an alert compares them."""
    taking = [worker for worker in workers if worker.takes]
    queues = [queue for worker in taking for queue in worker.queues]
    names = kept([DEFAULT_QUEUE, *ahead, *running, *queues])
    slots: dict[str, float] = dict.fromkeys(names, 0.0)
    for worker in taking:
        for queue in worker.queues:
            label = queue if queue in names else OTHER
            slots[label] = slots.get(label, 0.0) + worker.slots
    runs: dict[str, float] = defaultdict(float, dict.fromkeys(names, 0.0))
    for queue, jobs in running.items():
        runs[queue if queue in names else OTHER] += jobs
    looks = Counter(worker.look for worker in workers)
    living = [abs(worker.offset_ms) / 1000 for worker in workers if worker.status in ("alive", "silent")]
    return {
        "runat_slots": _by_queue(slots),
        "runat_jobs_running": _by_queue(runs),
        "runat_workers": {(look,): looks[look] for look in (*STATUSES, "drained", "full")},
        "runat_worker_slots": {(): sum(worker.slots for worker in taking)},
        "runat_worker_slots_busy": {(): sum(worker.busy for worker in taking)},
        "runat_clock_offset_max_seconds": {(): max(living, default=0.0)},
    }


def _by_queue(values: Mapping[str, float]) -> Values:
    return {(queue,): value for queue, value in values.items()}


def _of_leader(line: LeaderLine, now: datetime) -> Figures:
    age = -1.0 if line.listed_at is None else max((now - line.listed_at).total_seconds(), 0.0)
    return {
        "runat_leader": {(): not line.absent},
        "runat_leader_epoch": {(): line.epoch},
        "runat_leader_listed_age_seconds": {(): age},
        "runat_leader_listed": {(): line.listed or 0},
        "runat_leader_unpublished": {(): line.unpublished},
    }


def _of_objectives(now: datetime) -> Figures:
    """Return those of the first MOST objectives: shares of several do not add up to one of the rest."""
    found = kept_objectives(now)[:MOST]
    return {
        "runat_objective_budget_left_ratio": {
            (one.objective.kind, one.objective.name): one.burning.left for one in found
        },
        "runat_objective_burn_rate": {
            (one.objective.kind, one.objective.name, name): one.burning.rate(span)
            for one in found
            for span, name in NAMES.items()
        },
    }


def _held(counts: Mapping[Hold, int]) -> Values:
    return {(hold.words,): counts.get(hold, 0) for hold in Hold}
