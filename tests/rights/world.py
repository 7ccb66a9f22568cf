"""Things of one's own team, of another, of nobody, and of one's own making."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User

from jobs.clock import clock
from jobs.models import (
    Alert,
    AlertRule,
    Audit,
    Batch,
    Calendar,
    Destination,
    Form,
    FormLink,
    Job,
    Limit,
    Objective,
    Occurrence,
    Operation,
    Proposal,
    SavedView,
    Silence,
    Stop,
    Subscription,
    Team,
    Trigger,
    Verb,
    Worker,
)
from jobs.models.form import digest_of
from jobs.states import Cause, Hold, State
from jobs.transitions import uploads
from jobs.transitions.uploads import Found
from tests.admin.schedule_rows import schedule
from tests.monitor.rows import ended, pending
from tests.rights.matrix import Line

WHOSE = ("ours", "theirs", "nobodys", "own")
NAMED = ("alert", "limit", "calendar", "objective", "subscription")  # nobody makes these his own by making them
MADE = {
    "all": {"ours", "theirs", "nobodys", "own"},
    "team": {"ours", "own"},
    "shared": {"ours", "nobodys", "own"},
    "ours": {"ours"},
    "own": {"own"},
    "own!": {"own"},
}
# Jobs that are as the verb wants them.
IN_STATE: dict[str, State] = {
    "retry": State.FAILED,
    "undo": State.CANCELLED,
    "confirm-done": State.INTERRUPTED,
    "confirm-failed": State.INTERRUPTED,
    "keep": State.FAILED,
    "let-go": State.FAILED,
}
_numbers = count(1)


def expected(line: Line, word: str) -> dict[str, str]:
    """What happens to each of these by a word of the matrix: yes, hidden or refused."""
    if word in ("no", "yes", "to-jobs"):
        return dict.fromkeys(kinds_of(line.kind), "refused" if word == "no" else word)
    else_ = "refused" if word == "own!" else "hidden"
    return {whose: "yes" if whose in MADE[word] else else_ for whose in kinds_of(line.kind)}


def kinds_of(kind: str) -> tuple[str, ...]:
    """Whose things there are of this kind."""
    if not kind:
        return ("",)
    return tuple(whose for whose in WHOSE if whose != "own" or kind.removeprefix("list of ") not in NAMED)


def make(kind: str, whose: str, user: User, *, state: State = State.PENDING) -> Any:  # noqa: PLR0911, PLR0912, PLR0915 - one a kind
    """A new one."""
    number, now = next(_numbers), clock.now()
    labels = {"team": whose} if whose in ("ours", "theirs") else {}
    by = user if whose == "own" else None
    name = f"mark-{whose}-{number}"
    if kind == "job":
        if state == State.PENDING:
            return pending(now + timedelta(hours=1), name=name, labels=labels, created_by=by)
        return ended(now, state, name=name, labels=labels, created_by=by)
    if kind == "late":
        return ended(now, delay=timedelta(seconds=5), name=name, labels=labels, created_by=by)
    if kind == "alert":
        words = {"kind": "queue", "subject": f"{whose}-q", "level": "bad", "sentence": name}
        made = Alert.objects.create(rule=f"rule-{number}", opened_at=now, last_seen_at=now, **words)
        made.name = name  # type: ignore[attr-defined] - what lists show
        return made
    if kind == "alert rule":
        team = Team.objects.filter(name=whose).first() if whose in ("ours", "theirs") else None
        other = User.objects.get_or_create(username=f"of-{whose}")[0]
        job = make("job", whose, user)  # the name is the id of a job
        owner = {} if team else {"owner": user if whose == "own" else other}
        rule = AlertRule.objects.create(kind="job", name=str(job.pk), when="failed", team=team, **owner)
        rule.destinations.add(open_destination())
        return rule
    if kind == "subscription":  # nobody's is that of a third team
        team = Team.objects.get_or_create(name="third" if whose == "nobodys" else whose)[0]
        return Subscription.objects.create(destination=open_destination("hook", "webhook"), of_team=team)
    if kind == "objective":
        named = {"kind": "queue", "name": f"{whose}-q"}
        return Objective.objects.get_or_create(**named, defaults={"share": 99.9, "within_ms": 1000})[0]
    if kind == "trigger":
        return Trigger.objects.create(name=name, target="demo.noop", labels=labels, created_by=by)
    if kind == "form":
        told = {"title": name, "confirmation": "Thank you.", "teams": [whose]}
        return Form.objects.create(name=name, target="demo.noop", labels=labels, created_by=by, **told)
    if kind in ("schedule", "missed", "operation"):
        row = schedule(name, now=now, labels=labels, by=by, time_zone="UTC")
        if kind == "missed":
            at = now - timedelta(hours=1)
            return Occurrence.objects.create(schedule=row, nominal_at=at, cause=Cause.DOWNTIME, noted_at=at)
        return row if kind == "schedule" else operation(row, now)
    if kind == "operation on jobs":
        # Whose its jobs are is judged job by job: it belongs to whoever has begun it.
        done = Operation.objects.create(
            kind="jobs",
            verb="cancel",
            wanted={"name": name},
            newest_id=number,
            per_minute=None,
            reason=name,
            created_at=now,
            created_by=by or User.objects.get_or_create(username=f"of-{whose}")[0],
            total=1,
            done=1,
            ended_at=now,
            outcome="done",
        )
        job = pending(now + timedelta(hours=1), state=State.CANCELLED, finished_at=now, version=2)
        states = {"from_state": State.PENDING, "to_state": State.CANCELLED}
        Audit.objects.create(job=job, verb=Verb.CANCEL, at=now, operation_id=done.pk, version=2, **states)
        return done
    if kind == "proposal":
        return _proposal(make("job", whose, user), name, now, by)
    if kind == "view":
        team, owner = (
            Team.objects.filter(name=whose).first(),
            by or User.objects.get_or_create(username=f"of-{whose}")[0],
        )
        return SavedView.objects.create(name=name, owner=owner, team=team, created_at=now)
    if kind == "upload":
        owner = by or User.objects.get_or_create(username=f"of-{whose}")[0]
        found = Found(total=1, wrong=0, first=0, mistakes=[], passed_by=[], sheets=[])
        return uploads.keep(name, f"target,name\ndemo.noop,{name}\n".encode(), "UTC", found, by=owner, now=now)
    if kind == "limit":
        return Limit.objects.update_or_create(kind="queue", name=f"{whose}-q", defaults={"concurrency": 2})[0]
    if kind == "calendar":
        return Calendar.objects.get_or_create(name=f"{whose}-c")[0]
    if kind == "batch":
        batch = Batch.objects.create(name=name, created_by=by)
        Job.objects.filter(pk=make("job", whose, user).pk).update(batch=batch)
        return batch
    if kind == "attempt":
        return make("job", whose, user, state=State.FAILED).attempts.get()
    if kind == "failure":
        job = make("job", whose, user, state=State.FAILED)
        job.attempts.update(failure=f"ValueError in {job.name}:run")
        return job
    assert kind == "audit", kind
    job = make("job", whose, user)
    states = {"from_state": State.PENDING, "to_state": State.PENDING}
    return Audit.objects.create(job=job, verb=Verb.RUN_NOW, at=now, **states)


def _proposal(job: Job, name: str, now: datetime, by: User | None) -> Proposal:
    about = {"job_id": job.pk, "name": name, "queue": job.queue, "target": job.target, "labels": job.labels}
    told = {"preview": f"Cancel {name}.", "reason": "because", "seen": str(job.version)}
    ends = {"created_at": now, "ends_at": now + timedelta(hours=1), "created_by": by}
    return Proposal.objects.create(action="cancel", arguments={}, **about, **told, **ends)


def operation(row: Any, now: datetime) -> Operation:
    return Operation.objects.create(
        kind="backfill",
        schedule=row,
        begins_at=now - timedelta(days=2),
        until=now - timedelta(days=1),
        total=1,
        reached_at=now - timedelta(days=2),
        created_at=now,
    )


def waiting_for_approval(job: Job) -> Job:
    Job.objects.filter(pk=job.pk).update(holds=Hold.APPROVAL)
    return job


def open_destination(name: str = "ops", kind: str = "mail") -> Destination:
    found: Destination = Destination.objects.get_or_create(
        name=name, defaults={"kind": kind, "address": "ops@example.com", "open_to_all": True}
    )[0]
    return found


def link_to(form: Form, *, now: datetime | None = None, **more: Any) -> FormLink:
    """A link; nobody knows its secret."""
    now = now or clock.now()
    told = {"name": "suppliers", "most_uses": 10, "most_of_day": 10, "created_at": now} | more
    told.setdefault("expires_at", now + timedelta(days=1))
    digest = digest_of(f"{told['name']}-{next(_numbers)}")
    return FormLink.objects.create(form=form, digest=digest, prefix="suppliers", **told)


def silence() -> Silence:
    now = clock.now()
    return Silence.objects.create(pattern="*", reason="because", until=now + timedelta(hours=1), created_at=now)


def planned_stop() -> Stop:
    now = clock.now()
    return Stop.objects.create(begins_at=now + timedelta(days=1), reason="The disks move.", created_at=now)


def worker() -> Worker:
    return Worker.objects.create(name="w1@test", pid=1, pool="threads", slots=5)
