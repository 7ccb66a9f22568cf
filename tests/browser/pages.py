"""All pages that there are, each with rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import RequestFactory
from django.urls import reverse
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from django_otp.plugins.otp_totp.models import TOTPDevice

from jobs import proposals
from jobs.models import (
    Alert,
    AlertRule,
    CreationLimit,
    Delivery,
    Destination,
    Form,
    Job,
    Objective,
    Operation,
    Ownership,
    Proposal,
    RetentionRule,
    SavedView,
    Schedule,
    Subscription,
    TargetRule,
    Team,
    Upload,
    Verb,
    Worker,
    WorkerLog,
)
from jobs.states import State
from jobs.transitions import forms, operations, uploads
from jobs.transitions.operations import AskedOfMany
from jobs.transitions.uploads import Found
from tests.api.world import world
from tests.bearing import secret_of
from tests.monitor.overview.rows import counted, sampled
from tests.monitor.rows import SECOND, ended, running, worker

LONG = "the-books-of-all-subsidiaries-are-closed-and-sent-to-the-auditors-before-midnight"
OF_SCHEDULES = ("calendar/", "clocks/", "bring/")
OF_A_SCHEDULE = ("", "change/", "backfill/", "ask/pause/", "ask/delete_selected/")


def rows(make_job: Any, by: User) -> None:
    """Fill every table that has a page, with long names among them."""
    world(make_job, by)
    now = datetime.now(tz=UTC)
    make_job(60, now=now, name=LONG, queue="the-queue-of-the-department-of-accounts", labels={"department": LONG[:60]})
    running(now, name="the report")
    ended(now - SECOND, State.FAILED, name="invoices", reason="ValueError: there are no rows")
    ended(now - timedelta(hours=1), State.INTERRUPTED, name="payroll")
    failed = ended(now - timedelta(hours=1), State.FAILED, name=LONG)
    for action in (Proposal.Action.CANCEL, Proposal.Action.RUN_NOW):
        waiting = Job.objects.pending().filter(name=LONG).latest("id")
        proposals.propose_verb(action, waiting.pk, by=by, now=now, reason=f"It came twice: {LONG}")
    proposals.refuse(Proposal.objects.latest("id").pk, by=by, now=now, reason="It did not.")
    sent = {"target": "demo.log", "payload": {"message": LONG}, "name": LONG}
    proposals.propose_job(sent, by=by, now=now, reason="The books want it.")
    failed.attempts.update(failure=f"ValueError in books.{LONG}:Book.close", error=f"ValueError: {LONG}")
    ended(now - timedelta(hours=2), name=LONG)
    worker(
        now,
        "celery@worker-of-the-department-of-accounts.internal.example.com",
        queues=["default", "mail"],
        cpu=12.5,
        memory=40.0,
    )
    worker(now, "w2@host", refusing="Drained by ada: its disk is replaced.", drained_at=now, drained_by="ada")
    WorkerLog.objects.create(action="QUERYLIST", client="beat@host", results=4, at=now)
    WorkerLog.objects.create(action="ACQUIRE_FAILURE", client="w1@host", job_id=7, results=0, at=now)
    asked = AskedOfMany(Verb.CANCEL, {"queue": "default"})
    operations.begin(asked, reason="The books of this month are closed already.", by=by, now=now)
    mistakes = [(2, "target", f"There is no target '{LONG}'."), (3, "run_at", LONG), (5, LONG, "This is not JSON.")]
    found = Found(total=12_000, wrong=3, first=0, mistakes=mistakes, passed_by=["id", "state_name"], sheets=["Notes"])
    uploads.keep(f"{LONG}.csv", b"target\n", "Europe/Berlin", found, by=by, now=now)
    CreationLimit.objects.create(group=Group.objects.create(name="accounts"), rate=5, burst=10)
    secret_of(by)
    RetentionRule.objects.create(does="redact", kind="label", name=f"department:{LONG[:60]}", days=30)
    ops = Destination.objects.create(name="people of the night", kind="mail", address="ops@example.com")
    late = Alert.objects.create(
        rule="late",
        subject="the-queue-of-the-department-of-accounts",
        kind="queue",
        level="warn",
        sentence="Jobs of queue the-queue-of-the-department-of-accounts started more than 30 s late.",
        opened_at=now,
        last_seen_at=now,
    )
    AlertRule.objects.create(kind="queue", name=LONG, when="long").destinations.add(ops)
    hook = Destination.objects.create(name="programs", kind="webhook", address="https://hooks.example.com/")
    Subscription.objects.create(destination=hook, types=["failed", "cancelled"], queue=LONG[:60])
    Objective.objects.create(kind="queue", name=LONG, share=99.9, within_ms=1000)
    Objective.objects.create(kind="schedule", name="hourly", share=99, within_ms=60_000, days=7)
    Delivery.objects.create(alert=late, destination=ops, event="opened", made_at=now, next_at=now, error=LONG)
    fields = [{"name": name, "label": f"{name} {LONG}"} for name in ("message", "nothing")]
    told = {"title": LONG[:90], "description": LONG, "confirmation": LONG, "groups": ["accounts"], "when": "chosen"}
    form = Form.objects.create(name="report", target="demo.log", fields=fields, **told)
    forms.make(form, forms.AskedLink(LONG[:90], 30, 10, 5), by=by, now=now)
    every, cron = IntervalSchedule.objects.create(every=5, period="minutes"), CrontabSchedule.objects.create(hour="2")
    PeriodicTask.objects.create(name="celery.backup", task="shop.tasks.backup", interval=every)
    PeriodicTask.objects.create(name=LONG, task="shop.tasks.clean", crontab=cron)
    ClockedSchedule.objects.create(clocked_time=now + timedelta(days=1))
    SolarSchedule.objects.create(event="sunrise", latitude=48.137154, longitude=11.576124)
    for ago in (1, 2, 31, 32):  # minutes of which there are figures
        at = now - timedelta(minutes=ago)
        for queue in ("", "default", "the-queue-of-the-department-of-accounts"):
            sampled(at, queue=queue, pending=12 * ago, overdue=1, oldest=61.0, busy=4, slots=5)
        counted(at, starts=17 * ago, failed=1, delays=[0.5, 1500.0])
    _accounts(now, by)


def _accounts(now: datetime, by: User) -> None:
    """Teams with what they own, rules of targets, and what keeps strangers out."""
    team = Team.objects.create(
        name="accounts-of-all-subsidiaries-and-of-the-holding", description="They close the books."
    )
    team.members.add(by)
    Ownership.objects.create(team=team, kind="queue", name="the-queue-of-the-department-of-accounts")
    Ownership.objects.create(team=team, kind="target", name="http")
    SavedView.objects.create(name=LONG, owner=by, query=f"name={LONG}", team=team, created_at=now)
    grace = User.objects.create(username="grace-of-accounts")
    SavedView.objects.create(name="what failed today", owner=grace, query="state=failed", team=team, created_at=now)
    TargetRule.objects.create(target="http", switched_off=True, reason="The proxy is replaced until Monday.")
    TargetRule.objects.create(target="demo.fail", dangerous=True)
    with_a_phone = User.objects.create(username="grace")
    TOTPDevice.objects.create(user=with_a_phone, name="default", confirmed=True)
    TOTPDevice.objects.create(user=by, name="authenticator", confirmed=False)  # which waits for its first code
    stranger = {"ip_address": "203.0.113.7", "username": LONG, "user_agent": LONG, "path_info": "/login/"}
    AccessAttempt.objects.create(**stranger, failures_since_start=3, get_data="", post_data="username=x")
    AccessLog.objects.create(ip_address="203.0.113.8", username="ada", user_agent=LONG, path_info="/login/")
    AccessFailureLog.objects.create(**stranger, locked_out=True)


OF_STRANGERS = ("/login/", "/account/reset/", "/account/reset/sent/", "/account/reset/MQ/none/")


def addresses() -> Iterator[str]:
    """Yield the address of each page that stands in a menu, or is led to from one of these."""
    yield from (
        "/",
        f"/?at={datetime.now(tz=UTC) - timedelta(minutes=31):%Y-%m-%dT%H:%MZ}&zone=Asia/Kolkata",
        "/jobs/",
        "/jobs/new/",
        "/jobs/import/",
        "/tokens/",
        "/tokens/#new",
        "/roles/",
        "/views/",
        "/jobs/?queue=default&later_than=1&q=books",
        "/jobs/?q=quee:x",
        "/audit/",
        "/queues/",
        "/queues/?only=overdue&q=the",
        "/queues/the-queue-of-the-department-of-accounts/",
        f"/queues/default/?at={datetime.now(tz=UTC) - timedelta(minutes=31):%Y-%m-%dT%H:%MZ}",
        "/workers/",
        "/workers/celery@worker-of-the-department-of-accounts.internal.example.com/",
        "/workers/celery@worker-of-the-department-of-accounts.internal.example.com/stacks/",
        f"/workers/w2@host/?at={datetime.now(tz=UTC) - timedelta(minutes=31):%Y-%m-%dT%H:%MZ}",
        "/late/",
        "/forecast/",
        "/forecast/?hours=168&slots=3",
        "/calendar/",
        "/failures/",
        "/failures/?span=7d&target=none",
        "/account/",
        "/account/password/",
        "/api/docs/",
        "/jobs/404/",
        "/admin/",
    )
    yield reverse("admin:app_list", args=["jobs"])
    yield "/jobs/new/?target=http"
    yield from ("/operations/", "/operations/new/?action=reschedule&filter=state%3Dpending", "/operations/new/")
    yield "/operations/new/?action=spread&filter=state%3Dpending&over=1+hour"
    of_jobs = Operation.objects.of_jobs().first()
    yield from (f"/operations/{of_jobs.pk}/", f"/operations/{of_jobs.pk}/undo/")
    yield from ("/forms/", "/forms/report/", "/forms/report/links/", "/f/guessed/")
    yield from ("/alerts/", "/objectives/", "/proposals/", "/alerts/rules/", "/alerts/rules/new/?kind=job&name=7")
    yield from ("/alerts/subscriptions/", "/alerts/subscriptions/new/")
    yield f"/alerts/rules/{AlertRule.objects.first().pk}/"
    yield from (f"/jobs/import/{upload.pk}/" for upload in Upload.objects.order_by("pk"))
    worker = Worker.objects.first().session
    yield from ("/stop/", "/queues/default/pause/", f"/workers/{worker}/drain/")
    yield from ("/queues/default/resume/", f"/workers/{worker}/resume/", "/failures/retry/", _group_of_failures())
    for model, page in sorted(admin.site._registry.items(), key=lambda one: one[0]._meta.label):
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"admin:{name}_changelist")
        if page.has_add_permission(_asked()):
            yield reverse(f"admin:{name}_add")
        first = model._default_manager.first()
        if first is not None and name not in ("jobs_occurrence", "jobs_schedule"):
            yield reverse(f"admin:{name}_change", args=[first.pk])
    for job in Job.objects.exclude(state=State.PENDING).order_by("id")[:3]:
        yield f"/jobs/{job.pk}/"
    waiting = Job.objects.filter(state=State.PENDING).order_by("id").first()
    yield from (f"/jobs/{waiting.pk}/{path}" for path in ("", "edit/", "cancel/"))
    job = Job.objects.first()
    failed = Job.objects.filter(state=State.FAILED).order_by("id").first()
    schedule = Schedule.objects.first()
    yield from (f"/admin/jobs/schedule/{path}" for path in OF_SCHEDULES)
    yield from (f"/admin/jobs/schedule/{schedule.pk}/{path}" for path in OF_A_SCHEDULE)
    yield f"/admin/jobs/schedule/{schedule.pk}/runs/skip/?at={schedule.next_at:%Y-%m-%dT%H:%M:%SZ}"
    yield f"/admin/jobs/job/{waiting.pk}/reschedule/"
    yield reverse("admin:jobs_retentionrule_forget")
    yield reverse("admin:jobs_operation_cancel", args=[Operation.objects.exclude(schedule=None).first().pk])
    team, group = Team.objects.first().pk, Group.objects.get(name="accounts").pk
    yield from (f"/admin/jobs/team/{team}/delete/", f"/admin/jobs/team/{team}/history/")
    yield from (f"/admin/auth/group/{group}/delete/", f"/admin/jobs/job/{failed.pk}/delete/")
    yield from ("/api/v1/jobs/", f"/api/v1/jobs/{job.pk}/", "/api/v1/workers/", "/api/v1/triggers/default/")


def _group_of_failures() -> str:
    """Return the address at which a group of failures is retried."""
    now, some = datetime.now(tz=UTC), Job.objects.get(state=State.FAILED, name=LONG)
    failure = some.attempts.earliest("id").failure
    group = {
        "target": some.target,
        "failure": failure,
        "finished_at_after": (now - timedelta(hours=24)).isoformat(),
        "finished_at_before": now.isoformat(),
    }
    return f"/failures/retry/?{urlencode(group)}"


def _asked() -> Any:
    request = RequestFactory().get("/")
    request.user = User.objects.filter(is_superuser=True).first()
    return request
