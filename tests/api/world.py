"""Rows for every address of REST, and the states in which each operation can be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import User
from django.db import connection

from jobs.clock import clock
from jobs.models import (
    Alert,
    AlertRule,
    Batch,
    Calendar,
    Destination,
    Installation,
    Job,
    Kind,
    Objective,
    Subscription,
    Trigger,
    Verb,
)
from jobs.nodes import drains
from jobs.states import Cause, Hold, State
from jobs.transitions import keeping, operations, stops
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from jobs.transitions.schedules import definitions, single
from jobs.transitions.schedules.backfill import Backfill, begin_backfill
from tests.admin.schedule_rows import missed
from tests.api.schedules import make
from tests.api.steps import worker
from tests.monitor.rows import ended, leader
from tests.transitions.steps import in_state


@dataclass
class World:
    """`places` is what stands in addresses, by its name there."""

    make_job: Any
    by: User
    places: dict[str, Any]

    def address(self, path: str) -> str:
        """Return an address of the schema, or of a route, with what stands in it."""
        for name, value in self.places.items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        return path


def world(make_job: Any, by: User) -> World:
    now = clock.current()
    job = make_job(3600, now=now, labels={"team": "payroll"})
    schedule = make(name="hourly", expression="0 * * * *", target="demo.sleep")
    missed(schedule, now - timedelta(hours=2), Cause.DOWNTIME)
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    asked = Backfill(schedule, begin, begin + timedelta(hours=6))
    operation = begin_backfill(asked, reason="They were missed.", by=by, now=now)
    leader(now)
    Trigger.objects.create(
        name="default", target="demo.sleep", payload={"seconds": 0}, caller_arguments=["seconds"], labels={"a": "b"}
    )
    Calendar.objects.create(name="default")
    pausing.limit(Name(Kind.QUEUE, "default"), now=now, by=pausing.By(by), concurrency=5, rate=None, burst=1)
    Objective.objects.create(kind="queue", name="default", share=99.9, within_ms=1000)
    return World(
        make_job,
        by,
        {
            "job_id": job.pk,
            "alert_id": Alert.objects.create(
                rule="no_worker",
                subject="default",
                kind="queue",
                level="bad",
                sentence="No worker takes from queue default, where jobs are due.",
                opened_at=now,
                last_seen_at=now,
            ).pk,
            "rule_id": _rule().pk,
            "subscription_id": Subscription.objects.create(
                destination=Destination.objects.create(
                    name="hook", kind="webhook", address="https://hooks.example.com/"
                )
            ).pk,
            "batch_id": Batch.objects.create(name="month end", created_by=by).pk,
            "schedule_id": schedule.pk,
            "operation_id": operation.pk,
            "nominal": schedule.next_at.isoformat(),
            "kind": "queue",
            "of": "queue",
            "name": "default",
            "target": "demo.sleep",
            "stop_id": stops.stop_everything(
                stops.Plan(now + timedelta(days=1), now + timedelta(days=2), "The disks move."), now=now, by=by
            ).pk,
            "session": worker("w1@host", now, queues=["default"], started_at=now).session,
        },
    )


def _rule() -> AlertRule:
    rule = AlertRule.objects.create(kind="schedule", name="hourly", when="failed")
    rule.destinations.add(Destination.objects.create(name="ops", kind="mail", address="ops@example.com"))
    return rule


def _a_job_of_that_id(made: World) -> None:
    """As the example of a new rule names it."""
    Job.objects.filter(pk=17).exists() or Job.objects.create(
        pk=17, target="demo.noop", payload={}, run_at=clock.now() + timedelta(hours=1)
    )


def _job(state: State, **columns: Any) -> Callable[[World], None]:
    def prepare(made: World) -> None:
        job = in_state(made.make_job, state)
        if columns:
            Job.objects.filter(pk=job.pk).update(**columns)
        made.places["job_id"] = job.pk

    return prepare


def _failed(made: World) -> None:
    error = "ValueError: order 7 is closed"
    job = ended(clock.current() - timedelta(minutes=1), State.FAILED, reason=error)
    job.attempts.update(failure="ValueError in shop.orders:charge", error=error)


def _kept(made: World) -> None:
    _job(State.COMPLETED)(made)
    assert keeping.keep(made.places["job_id"], now=clock.current(), reason="Evidence.", by=made.by).done


def _paused(made: World) -> None:
    assert definitions.pause_schedule(
        made.places["schedule_id"], until=None, reason="It moves.", by=made.by, now=clock.current()
    ).done


def _skipped(made: World) -> None:
    nominal = datetime.fromisoformat(made.places["nominal"]) + timedelta(hours=1)
    made.places["nominal"] = nominal.isoformat()
    assert single.skip_run(made.places["schedule_id"], nominal, reason="Closed.", by=made.by, now=clock.current()).done


def _limit_paused(made: World) -> None:
    pausing.pause(Name(Kind.QUEUE, "default"), now=clock.current(), reason="It is mended.", by=made.by)


def _drained(made: World) -> None:
    assert drains.drain(made.places["session"], now=clock.current(), reason="Its disk.", by=made.by).done


def _restored(made: World) -> None:
    Installation.current()
    Installation.objects.update(held_at=clock.current(), held_why="A dump was restored.")


def _figures(made: World) -> None:
    now = clock.current() - timedelta(minutes=1)
    at = datetime.fromtimestamp(now.timestamp() // 10 * 10, UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_rollup VALUES (10, %s, 0, 3, 2, 1, 0, 3, 4.5, 9.25, 2.5, '{{25,2},{29,1}}',"
            " 3, 900, 270000, 300, '{{54,3}}')",
            [at],
        )
        cursor.execute("INSERT INTO jobs_rollupqueue VALUES (10, %s, 0, 1, 12, 12, 2, 1.5, 5, 4)", [at])


def _planned(made: World) -> None:
    at = clock.current() + timedelta(hours=2)
    jobs = (Job(target="demo.sleep", payload={"seconds": 0}, queue="default", run_at=at) for _ in range(30))
    Job.objects.bulk_create(jobs)
    worker("w2@host", clock.current(), queues=["default", "mail"])


def _counted(made: World) -> None:
    now = clock.current()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_series (queue, target, team, used_on) VALUES ('default', 'demo.sleep', '', %s) RETURNING id",
            [now.date()],
        )
        (series,) = cursor.fetchone()
        for step in (10, 60, 3600):
            at = datetime.fromtimestamp((now.timestamp() - 60) // step * step, UTC)
            cursor.execute(
                "INSERT INTO jobs_rollup VALUES (%s, %s, %s, 4000, 4000, 0, 0, 4000, 9000, 24000, 2500,"
                " '{{25,3998},{64,2}}', 4000, 4e5, 4e7, 100, '{{48,4000}}')",
                [step, at, series],
            )


def _nothing(made: World) -> None:
    """The rows of the world do."""


def _cancelled_together(made: World) -> None:
    asked = operations.AskedOfMany(Verb.CANCEL, {"queue": "default"})
    begun = operations.begin(asked, reason="The supplier is closed.", by=made.by, now=clock.current())
    operations.go_on(begun.operation.pk, now=clock.current())
    made.places["operation_id"] = begun.operation.pk


#: What must be before each operation, by its id, for it to be done.
BEFORE: dict[str, Callable[[World], None]] = {
    "alert_rules_change": _nothing,
    "alert_rules_create": _a_job_of_that_id,
    "alert_rules_delete": _nothing,
    "alert_rules_list": _nothing,
    "alert_rules_read": _nothing,
    "alerts_acknowledge": _nothing,
    "alerts_list": _nothing,
    "alerts_silence": _nothing,
    "audit_export": _kept,
    "audit_list": _kept,
    "batches_create": _nothing,
    "batches_read": _nothing,
    "calendars_get": _nothing,
    "calendars_list": _nothing,
    "calendars_openings": _nothing,
    "calendars_put": _nothing,
    "destinations_list": _nothing,
    "failures_list": _failed,
    "forecast_read": _planned,
    "installation_read": _nothing,
    "installation_release": _restored,
    "jobs_approve": _job(State.PENDING, holds=Hold.APPROVAL),
    "jobs_bulk": _nothing,
    "jobs_cancel": _nothing,
    "jobs_confirm_done": _job(State.INTERRUPTED),
    "jobs_confirm_failed": _job(State.INTERRUPTED),
    "jobs_create": _nothing,
    "jobs_keep": _job(State.COMPLETED),
    "jobs_redact": _job(State.COMPLETED),
    "jobs_let_go": _kept,
    "jobs_export": _nothing,
    "jobs_list": _nothing,
    "jobs_read": _job(State.FAILED),
    "jobs_edit": _nothing,
    "jobs_retry": _job(State.FAILED),
    "jobs_run_now": _nothing,
    "limits_delete": _nothing,
    "limits_get": _nothing,
    "limits_list": _nothing,
    "limits_pause": _nothing,
    "limits_put": _nothing,
    "limits_resume": _limit_paused,
    "objectives_delete": _nothing,
    "objectives_get": _counted,
    "objectives_list": _counted,
    "objectives_put": _nothing,
    "operations_cancel": _nothing,
    "operations_create": _nothing,
    "operations_undo": _cancelled_together,
    "operations_list": _nothing,
    "operations_read": _nothing,
    "schedules_backfill": _nothing,
    "schedules_change": _nothing,
    "schedules_create": _nothing,
    "schedules_delete": _nothing,
    "schedules_export": _nothing,
    "schedules_import": _nothing,
    "schedules_list": _nothing,
    "schedules_missed": _nothing,
    "schedules_pause": _nothing,
    "schedules_preview": _nothing,
    "schedules_put": _nothing,
    "schedules_read": _skipped,
    "schedules_resume": _paused,
    "schedules_run_arguments": _nothing,
    "schedules_run_move": _nothing,
    "schedules_run_now": _nothing,
    "schedules_run_skip": _nothing,
    "schedules_run_undo": _skipped,
    "schedules_runs": _nothing,
    "series_read": _figures,
    "stats_read": _nothing,
    "stops_change": _nothing,
    "stops_create": _nothing,
    "stops_go_on": _nothing,
    "stops_list": _nothing,
    "stops_read": _nothing,
    "subscriptions_change": _nothing,
    "subscriptions_create": _nothing,
    "subscriptions_delete": _nothing,
    "subscriptions_list": _nothing,
    "subscriptions_read": _nothing,
    "targets_list": _nothing,
    "targets_read": _nothing,
    "tokens_me": _nothing,
    "tokens_me_revoke": _nothing,
    "triggers_delete": _nothing,
    "triggers_fire": _nothing,
    "triggers_get": _nothing,
    "triggers_list": _nothing,
    "triggers_put": _nothing,
    "workers_drain": _nothing,
    "workers_list": _nothing,
    "workers_resume": _drained,
}
