"""Counts what happens in this process, by its events: a few microseconds a job, and nothing asked of anybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from jobs.events import attempts, clock, publishing, scheduler, transitions
from jobs.events.event import Event
from jobs.events.worker import arm, process, receive, record
from jobs.metrics.pairs import Pairs
from jobs.metrics.table import OF_PROCESSES, Giver, Kind

WINDOWS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)  # seconds: upper bounds of buckets
KINDS = {Kind.GAUGE: Gauge, Kind.COUNTER: Counter}

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each: nobody asks when a counter was made


class Counting:
    """The metrics of a beat or of a worker, in a registry of their own. Subscribes to events by `hear`, which may be
    called from any thread."""

    def __init__(self, giver: Giver) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._pairs = Pairs(giver)
        self.registry.register(self._pairs)
        self._made: dict[str, Any] = {}
        for metric in OF_PROCESSES:
            if metric.giver not in (giver, Giver.BOTH) or "target" in metric.labels:
                continue
            more: Any = {"labelnames": metric.labels, "registry": self.registry}
            if metric.kind is Kind.HISTOGRAM:
                self._made[metric.name] = Histogram(metric.name, metric.help, buckets=WINDOWS, **more)
            else:
                self._made[metric.name] = KINDS[metric.kind](metric.name, metric.help, **more)
        self._heard = self._handlers()

    def read(self, name: str, figure: Callable[[], float]) -> None:
        """Have a gauge read from this at each scrape."""
        self._made[name].set_function(figure)

    def hear(self, event: Event) -> None:
        """Count the event, if it is one that is counted."""
        handler = self._heard.get(type(event))
        if handler is not None:
            handler(event)

    def _handlers(self) -> dict[type[Event], Callable[[Any], None]]:
        made = self._made
        heard: dict[type[Event], Callable[[Any], None]] = {
            attempts.AttemptCompleted: self._pairs.ended,
            attempts.AttemptFailed: self._pairs.ended,
            attempts.AttemptInterrupted: self._pairs.ended,
        }
        for kind, (name, field) in COUNTED.items():
            if name in made:
                heard[kind] = _adding(made[name], field)
        if "runat_refusing" in made:
            heard[attempts.AttemptAcquired] = self._pairs.started
            heard[process.JobsRefused] = self._refuses
            heard[process.JobsTaken] = lambda event: made["runat_refusing"].set(0)
        if "runat_leading" in made:
            heard[publishing.JobsListed] = self._listed
            heard[publishing.WindowPublished] = self._published
            heard[scheduler.LeadershipBegun] = self._leads
            heard[scheduler.LeadershipEnded] = lambda event: made["runat_leading"].set(0)
        return heard

    def _refuses(self, event: process.JobsRefused) -> None:
        self._made["runat_refusals_total"].inc()
        self._made["runat_refusing"].set(1)

    def _listed(self, event: publishing.JobsListed) -> None:
        self._made["runat_list_queries_total"].inc()
        self._made["runat_listed_total"].inc(event.jobs)

    def _published(self, event: publishing.WindowPublished) -> None:
        self._made["runat_window_published_seconds"].observe(event.seconds)
        if event.is_late:
            self._made["runat_windows_late_total"].inc()

    def _leads(self, event: scheduler.LeadershipBegun) -> None:
        self._made["runat_leaderships_total"].inc()
        self._made["runat_leading"].set(1)


# Events of which one is one, or whose field says how many they are.
COUNTED: dict[type[Event], tuple[str, str]] = {
    arm.JobHandedOff: ("runat_handed_off_total", ""),
    arm.HandoffFailed: ("runat_handoffs_failed_total", "jobs"),
    transitions.AcquireMissed: ("runat_acquire_failures_total", "jobs"),
    arm.AcquireFailed: ("runat_acquire_errors_total", ""),
    record.EndCameTooLate: ("runat_ends_late_total", ""),
    record.EndRefused: ("runat_ends_refused_total", ""),
    record.DatabaseFailed: ("runat_database_retries_total", ""),
    process.HeartbeatFailed: ("runat_heartbeats_failed_total", ""),
    process.ForeignMessages: ("runat_foreign_messages_total", "messages"),
    receive.MessageDropped: ("runat_messages_dropped_total", ""),
    publishing.JobsPublished: ("runat_published_total", "jobs"),
    publishing.BrokerUnreachable: ("runat_broker_unreachable_total", ""),
    publishing.PublicationRefused: ("runat_publications_refused_total", ""),
    scheduler.TurnFailed: ("runat_turns_failed_total", ""),
    scheduler.WorkerGone: ("runat_workers_gone_total", ""),
    scheduler.ServiceFailed: ("runat_services_failed_total", ""),
    clock.ClocksParted: ("runat_clock_parted_total", ""),
}


def _adding(counter: Counter, field: str) -> Callable[[Any], None]:
    return (lambda event: counter.inc(getattr(event, field))) if field else (lambda event: counter.inc())
