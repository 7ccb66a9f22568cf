"""The one list of RunAt's metrics: name, kind, labels, who gives it and what it says. docs/metrics.md is compared with
it. Nothing here needs Django to be set up.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Behaviour of a figure as time goes on."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


class Giver(StrEnum):
    """The processes that give a figure. Web's are the database's: the same whichever of its processes answers."""

    WEB = "web"
    BEAT = "beat"
    WORKER = "worker"
    BOTH = "beat, worker"


@dataclass(frozen=True)
class Metric:
    """A figure. `unit` is empty for what is only counted."""

    name: str
    kind: Kind
    giver: Giver
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""


def _web(name: str, help_: str, *labels: str, unit: str = "") -> Metric:
    return Metric(name, Kind.GAUGE, Giver.WEB, help_, labels, unit)


OF_WEB = (
    _web("runat_jobs_due", "Pending jobs whose time has come and that nothing holds.", "queue"),
    _web("runat_jobs_overdue", "Those of them whose time came more than a second ago.", "queue"),
    _web(
        "runat_oldest_due_age_seconds",
        "Time since the first of them was due; 0 where there is none.",
        "queue",
        unit="seconds",
    ),
    _web(
        "runat_planned_starts",
        "Jobs, and later times of schedules, that are due within so many minutes from now, those that are due already "
        "among them.",
        "queue",
        "window",
    ),
    _web(
        "runat_slots_needed",
        "Slots that the busiest ten seconds of so many minutes need: planned starts times the mean or the p95 duration "
        "of their target.",
        "queue",
        "window",
        "by",
    ),
    _web(
        "runat_target_duration_seconds",
        "How long bodies of this target took, of the latest 10,000 ends: mean and p95.",
        "target",
        "by",
        unit="seconds",
    ),
    _web("runat_figures_cut", "1 where more is due within the hour than was looked at: what is due later is missing."),
    _web("runat_jobs_running", "Jobs that run now.", "queue"),
    _web("runat_jobs_interrupted", "Interrupted jobs that wait for a person to say what became of them."),
    _web("runat_jobs_held", "Pending jobs that wait for more than their time, by what holds them.", "cause"),
    _web(
        "runat_jobs_late",
        "Jobs of the last 15 minutes that started, or still wait, later than their objective after their time, by "
        "their cause as docs/lateness.md has it; without an objective more than a second.",
        "cause",
    ),
    _web(
        "runat_jobs_missed",
        "Runs of schedules and other jobs that were skipped or left out in the last 15 minutes, by their cause.",
        "cause",
    ),
    _web("runat_late_cut", "1 where more was late or missed in the last 15 minutes than was looked at."),
    _web("runat_slots", "Slots that take from this queue, of workers that take jobs.", "queue"),
    _web("runat_workers", "Workers by how they are; those that have left for ten minutes.", "status"),
    _web("runat_worker_slots", "Slots of all workers that take jobs."),
    _web("runat_worker_slots_busy", "Those of them that run a job."),
    _web(
        "runat_clock_offset_max_seconds",
        "The greatest difference between a living worker's clock and the database's.",
        unit="seconds",
    ),
    _web("runat_leader", "1 while a beat leads."),
    _web("runat_leader_epoch", "Which leader this is, from 1: it grows with each change."),
    _web(
        "runat_leader_listed_age_seconds",
        "Time since the latest list query; a window and a bit at most. -1 before the first.",
        unit="seconds",
    ),
    _web("runat_leader_listed", "Jobs that the latest list query found."),
    _web("runat_leader_unpublished", "1 while jobs of the latest window have had no message for more than 5 s."),
    _web(
        "runat_objective_budget_left_ratio",
        "What is left of the error budget of an objective: 1 is all, 0 none, less where more were late than may be.",
        "kind",
        "name",
        unit="ratio",
    ),
    _web(
        "runat_objective_burn_rate",
        "How fast it burns in so long a span up to now: at 1 it is just spent in the days of its objective.",
        "kind",
        "name",
        "span",
    ),
    _web("runat_limits_paused", "Queues and keys of which a person lets no job start.", "kind"),
    _web("runat_stops", "Stops of everything: planned, in force, or letting go what waited.", "standing"),
    _web("runat_installation_held", "1 while no job starts since the database was restored or copied."),
)


def _counter(name: str, giver: Giver, help_: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, giver, help_, labels)


PAIR = ("queue", "target")

OF_PROCESSES = (
    Metric(
        "runat_start_delay_seconds",
        Kind.HISTOGRAM,
        Giver.WORKER,
        "From `run_at` to the moment at which the body was entered, of starts whose end is recorded.",
        PAIR,
        "seconds",
    ),
    Metric(
        "runat_duration_seconds",
        Kind.HISTOGRAM,
        Giver.WORKER,
        "From there to the end of the body.",
        PAIR,
        "seconds",
    ),
    _counter("runat_started_total", Giver.WORKER, "Starts: rows taken, RUNNING and the ledger committed.", *PAIR),
    _counter(
        "runat_ended_total",
        Giver.BOTH,
        "Ends of starts: completed, failed or interrupted. Of a worker that vanished the leading beat counts them.",
        *PAIR,
        "outcome",
    ),
    _counter("runat_handed_off_total", Giver.WORKER, "Jobs that found no slot and went back for another worker."),
    _counter("runat_handoffs_failed_total", Giver.WORKER, "Jobs that the broker did not take back."),
    _counter(
        "runat_acquire_failures_total",
        Giver.WORKER,
        "Messages whose job was not to be taken: another has it, or it was changed. Each has a row of the worker log.",
    ),
    _counter("runat_acquire_errors_total", Giver.WORKER, "Times that the database failed while rows were taken."),
    _counter("runat_refusals_total", Giver.WORKER, "Times that the worker began to refuse jobs: full, or drained."),
    Metric("runat_refusing", Kind.GAUGE, Giver.WORKER, "1 while it takes no jobs."),
    _counter("runat_ends_late_total", Giver.WORKER, "Ends that came after others had written the start off."),
    _counter("runat_ends_refused_total", Giver.WORKER, "Ends that could not be written: their jobs are interrupted."),
    _counter("runat_database_retries_total", Giver.WORKER, "Answers that the database did not give, asked for again."),
    _counter("runat_heartbeats_failed_total", Giver.WORKER, "Heartbeats that did not reach the table."),
    _counter("runat_foreign_messages_total", Giver.WORKER, "Messages of another installation that have come."),
    _counter("runat_messages_dropped_total", Giver.WORKER, "Messages that nobody can read, taken out of their queue."),
    Metric("runat_process_slots", Kind.GAUGE, Giver.WORKER, "Its slots."),
    Metric("runat_process_slots_busy", Kind.GAUGE, Giver.WORKER, "Its slots that are taken."),
    Metric("runat_process_waiting", Kind.GAUGE, Giver.WORKER, "Jobs whose messages wait in it for their time."),
    Metric("runat_process_ends_waiting", Kind.GAUGE, Giver.WORKER, "Ends that it has yet to record."),
    _counter("runat_list_queries_total", Giver.BEAT, "List queries: one a window."),
    _counter("runat_listed_total", Giver.BEAT, "Jobs that they found."),
    _counter("runat_published_total", Giver.BEAT, "Jobs whose messages the broker has from the leader."),
    Metric(
        "runat_window_published_seconds",
        Kind.HISTOGRAM,
        Giver.BEAT,
        "From the beginning of a window until all that it listed was published.",
        (),
        "seconds",
    ),
    _counter(
        "runat_windows_late_total",
        Giver.BEAT,
        "Windows published later than `JOBS_LOOK_AHEAD` after their beginning, when their first jobs may be late.",
    ),
    Metric("runat_leading", Kind.GAUGE, Giver.BEAT, "1 while this beat leads."),
    _counter("runat_leaderships_total", Giver.BEAT, "Times that this beat has begun to lead."),
    _counter("runat_turns_failed_total", Giver.BEAT, "Turns in which the database failed."),
    _counter("runat_broker_unreachable_total", Giver.BEAT, "Times that the leader could not reach the broker."),
    _counter("runat_publications_refused_total", Giver.BEAT, "Times that the broker did not take messages."),
    _counter("runat_workers_gone_total", Giver.BEAT, "Workers that it has declared gone."),
    _counter("runat_services_failed_total", Giver.BEAT, "Times that a service of the sweep failed."),
    Metric(
        "runat_clock_offset_seconds",
        Kind.GAUGE,
        Giver.BOTH,
        "The database's clock minus this machine's, as measured last.",
        (),
        "seconds",
    ),
    _counter("runat_clock_parted_total", Giver.BOTH, "Times that a clock was found to have been stepped."),
)

TABLE: tuple[Metric, ...] = OF_WEB + OF_PROCESSES
BY_NAME = {metric.name: metric for metric in TABLE}
