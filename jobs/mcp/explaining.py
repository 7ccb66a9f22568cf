"""Tools that look and explain. Each is bounded, and says where there is more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from rest_framework.request import Request

from jobs.api.detail import JobDetail
from jobs.api.failures import FailuresList
from jobs.api.forecast import ForecastView
from jobs.api.limits import LimitList
from jobs.api.schedules.definitions import ScheduleDetail, ScheduleList
from jobs.api.schedules.serializers import PreviewSerializer
from jobs.api.serializers import JobSerializer
from jobs.api.views import JobList, person
from jobs.api.workers import Stats, WorkerList
from jobs.clock import clock
from jobs.lateness import explain
from jobs.mcp.looking import Refused, look, only
from jobs.models import Job, Proposal, Schedule
from jobs.models.querysets.overviews import COUNT_LIMIT
from jobs.permissions import VIEW_LIMIT
from jobs.rights import reach_of
from jobs.rights.telling import seen_job, tell
from jobs.web import schedule_preview

JOB = (
    *("id", "name", "target", "queue", "state_name", "run_at", "execute_at", "finished_at", "delay_ms", "duration_ms"),
    *("late_why", "missed_cause", "held_by", "reason", "waited_for", "labels", "attempt", "version", "created_by"),
)
MORE = (
    *(
        "payload",
        "created_at",
        "not_before",
        "deadline",
        "beyond_deadline",
        "calendar",
        "key",
        "schedule",
        "nominal_at",
    ),
    *("batch", "waits_for", "dependents", "cancel_requested_at", "in_history", "redacted_at"),
)
ATTEMPT = ("number", "worker", "started_at", "finished_at", "outcome_name", "error", "result", "progress")
CHANGE = ("at", "verb", "by", "reason", "from_state_name", "to_state_name")
GROUP = ("target", "failure", "starts", "jobs", "can_retry", "first_at", "last_at", "queues", "job", "error")
WORKER = ("name", "queues", "slots", "running", "alive", "refusing", "cpu", "memory", "heartbeat_at")
LIMIT = ("kind", "name", "concurrency", "rate", "burst", "paused_at", "paused_by", "pause_reason")
SCHEDULE = (
    *("id", "name", "standing", "target", "queue", "meaning", "dialect", "expression", "time_zone", "next_run_at"),
    *("next_job_id", "problem", "paused_at", "paused_by", "pause_reason", "changes"),
)
OF_QUEUE = ("queue", "slots", "starts", "delay_s", "notes", "more_overloads")
STORY = 10  # starts and changes of a job
GROUPS, WORKERS, LIMITS, QUEUES = 20, 50, 50, 20


def find_jobs(caller: Request, filter: str, limit: int) -> Any:
    """Find jobs by the filter of the page of jobs."""
    page = look(caller, JobList, {"q": filter or None, "page_size": limit})
    return {"jobs": [only(row, JOB) for row in page["results"]], "more": page["next"] is not None}


def show_job(caller: Request, job_id: int) -> Any:
    """Show a job with its starts, and say why it was late or has not started."""
    row = look(caller, JobDetail, job_id=job_id)
    shown = only(row, (*JOB, *MORE))
    job = seen_job(job_id, reach_of(person(caller)))
    if job is not None:
        shown["why"] = explain(job, clock.current())
    shown["attempts"] = [only(one, ATTEMPT) for one in row["attempts"][-STORY:]]
    shown["changes"] = [only(one, CHANGE) for one in row["audit"][-STORY:]]
    return shown


def what_will_run(caller: Request, minutes: int, queue: str | None, limit: int) -> Any:
    """List what is due, the soonest first."""
    now, reach = clock.current(), reach_of(person(caller))
    until = now + timedelta(minutes=minutes)
    due = Job.objects.within(reach).due_between(now, until).pending()
    due = due.filter(queue=queue) if queue else due
    count = due.bounded_count(COUNT_LIMIT)
    found = tell(due.for_people().order_by("run_at", "id")[:limit], reach)
    rows = cast("list[dict[str, Any]]", JobSerializer(found, many=True).data)
    return {
        "from": now,
        "until": until,
        "jobs": count if count <= COUNT_LIMIT else f"more than {COUNT_LIMIT:,}",
        "soonest": [only(row, JOB) for row in rows],
    }


def forecast(caller: Request, hours: int, queue: str | None) -> Any:
    """Forecast what is due and where slots do not suffice."""
    found = look(caller, ForecastView, {"hours": hours, "queue": queue})
    queues = [
        {**only(one, OF_QUEUE), "overloads": [late["text"] for late in one["overloads"]]}
        for one in found["queues"][:QUEUES]
    ]
    return {"from": found["at"], "until": found["until"], "queues": queues, "counted": found["counted"]}


def what_failed(caller: Request, span: str, queue: str | None, target: str | None) -> Any:
    """List what failed, in groups."""
    found = look(caller, FailuresList, {"span": span, "queue": queue, "target": target})
    groups = [only(one, GROUP) for one in found["groups"][:GROUPS]]
    more = found["more"] or len(found["groups"]) > GROUPS
    return {"since": found["since"], "until": found["until"], "groups": groups, "more": more, "cut": found["cut"]}


def overview(caller: Request) -> Any:
    """Say how the platform does: counts of jobs, workers, limits and pauses."""
    workers = look(caller, WorkerList)
    shown = {"figures": look(caller, Stats), "workers": [only(one, WORKER) for one in workers[:WORKERS]]}
    if len(workers) > WORKERS:
        shown["more_workers"] = len(workers) - WORKERS
    if caller.user.has_perm(VIEW_LIMIT):
        shown["limits"] = [only(one, LIMIT) for one in look(caller, LimitList)[:LIMITS]]
    return shown


def find_schedules(caller: Request, name: str | None, limit: int) -> Any:
    """Find schedules by a part of the name."""
    page = look(caller, ScheduleList, {"name": name, "page_size": limit})
    return {"schedules": [only(row, SCHEDULE) for row in page["results"]], "more": page["next"] is not None}


def show_schedule(caller: Request, schedule_id: int) -> Any:
    """Show a schedule, and when it starts next."""
    shown = only(look(caller, ScheduleDetail, schedule_id=schedule_id), SCHEDULE)
    now, reach = clock.current(), reach_of(person(caller))
    schedule = Schedule.objects.within(reach).filter(pk=schedule_id).first()
    if schedule is not None and not schedule.problem:
        coming = schedule_preview.preview(schedule_preview.saved(schedule), now=now, reach=reach)
        shown["next_starts"] = PreviewSerializer(coming).data["starts"]
    return shown


def show_proposal(caller: Request, proposal_id: int) -> Any:
    """Say what became of a proposal."""
    now = clock.current()
    proposal = Proposal.objects.within(reach_of(person(caller))).filter(pk=proposal_id).first()
    if proposal is None:
        raise Refused(f"There is no proposal {proposal_id}.")
    ended = proposal.decided_at is None and proposal.ends_at <= now
    shown = {
        "proposal": proposal.pk,
        "state": "ended without a decision" if ended else proposal.get_outcome_display(),
        **only(vars(proposal), ("preview", "reason", "answer", "job_id", "created_at", "ends_at", "decided_at")),
        "decided_by": proposal.decided_by_name,
    }
    return {name: value for name, value in shown.items() if value != ""}
