"""Makes proposals: looks at what would be changed, says in a preview what would become of it, and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from rest_framework.exceptions import ValidationError as Unreadable

from jobs import rules
from jobs.api.problems import problem_of
from jobs.api.reading import judged, read_job
from jobs.database import transaction
from jobs.models import Audit, Job, Kind, Limit, Proposal, Subject, Verb
from jobs.models.audit import asker
from jobs.models.described import definition_tag
from jobs.models.querysets.overviews import COUNT_LIMIT
from jobs.rights import reach_of
from jobs.rights.telling import seen_job
from jobs.rules.controls import CONTROLS, why_not_again
from jobs.rules.rights import rights_problems
from jobs.states import State
from jobs.transitions.limits.names import Name
from jobs.transitions.limits.pausing import name_problems

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

Action = Proposal.Action
LASTS = timedelta(hours=24)
MOST_OPEN = 50  # of one user: a program that goes round in circles fills no page
LONGEST_REASON = 500  # characters: what the audit says of it has the names in it, too
VERBS = {
    Action.CANCEL: Verb.CANCEL,
    Action.RETRY: Verb.RETRY,
    Action.RUN_NOW: Verb.RUN_NOW,
    Action.RESCHEDULE: Verb.RESCHEDULE,
}
WORDS = {
    Action.CANCEL: "Cancel",
    Action.RETRY: "Start again",
    Action.RUN_NOW: "Start now",
    Action.RESCHEDULE: "Move",
}


class Refused(Exception):
    """Refusal of a proposal, a sentence: nothing was proposed."""


class Subjects(NamedTuple):
    """Things that a proposal is about: whose they are, and the version as it was seen."""

    queue: str
    target: str = ""
    labels: Mapping[str, str] = {}
    name: str = ""
    job_id: int | None = None
    seen: str = ""


def propose_verb(
    action: Proposal.Action,
    job_id: int,
    *,
    by: AbstractBaseUser,
    now: datetime,
    reason: str,
    run_at: datetime | None = None,
) -> Proposal:
    """Propose to do this to a job. `run_at`: when it is moved, to when. Raises Refused."""
    reach = reach_of(by)
    job = seen_job(job_id, reach)
    if job is None:
        raise Refused(f"There is no job {job_id}.")
    control = CONTROLS[VERBS[action]]
    if not control.fits(job):
        states = ", ".join(sorted(state.label for state in control.states))
        why = f"Job {job_id} is {State(job.state).label}; this can be done only to one that is {states}."
        raise Refused(why_not_again(job) or why)
    if action == Action.RESCHEDULE:
        if run_at is None:
            raise Refused("Say to when the job is moved: run_at, such as 2026-12-31T23:59:00Z.")
        if problems := rules.run_at_problems(run_at, now):
            raise Refused(f"run_at: {' '.join(problems)}")
    elif run_at is not None:
        raise Refused("Only moving a job takes run_at; leave it out.")
    about = Subjects(job.queue, job.target, dict(job.labels), job.name, job.pk, str(job.version))
    arguments = {"run_at": run_at.isoformat()} if run_at is not None else {}
    return _make(action, about, arguments, _of_job(action, job, run_at), by=by, now=now, reason=reason)


def propose_job(sent: Mapping[str, Any], *, by: AbstractBaseUser, now: datetime, reason: str) -> Proposal:
    """Propose to create a job; `sent`: as REST takes one. Raises Refused."""
    try:
        new = judged(read_job(dict(sent)), by=by, now=now)
    except (Unreadable, ValidationError) as error:
        raise Refused(in_rests_words(error)) from None
    if problems := rights_problems(new, by):
        raise Refused(" ".join(f"{name}: {' '.join(texts)}" for name, texts in problems.items()))
    called = f" '{new.name}'" if new.name else ""
    when = f"due {moment(new.run_at)}" if new.run_at > now else "due at once"
    # Without the payload, which the page shows from the arguments: this stays, also in the audit.
    preview = f"Create a job{called} of {new.target} in the queue {new.queue}, {when}."
    about = Subjects(new.queue, new.target, new.labels, new.name)
    return _make(Action.CREATE, about, dict(sent), preview, by=by, now=now, reason=reason)


def propose_pause(queue: str, *, by: AbstractBaseUser, now: datetime, reason: str) -> Proposal:
    """Propose to pause a queue. Raises Refused."""
    reach = reach_of(by)
    if problems := name_problems(Name(Kind.QUEUE, queue)):
        raise Refused(" ".join(problems))
    if reach.own_only or not reach.has(Kind.QUEUE, queue):
        raise Refused(f"The queue '{queue}' belongs to no team of yours, or is beyond what this token is for.")
    limit = Limit.objects.filter(kind=Kind.QUEUE, name=queue).first()
    if limit is not None and limit.paused_at is not None:
        raise Refused(f"The queue {queue} is paused already, since {moment(limit.paused_at)}.")
    waiting = Job.objects.within(reach).filter(queue=queue).pending().bounded_count(COUNT_LIMIT)
    many = f"more than {COUNT_LIMIT:,} jobs wait" if waiting > COUNT_LIMIT else f"{waiting:,} jobs wait"
    preview = f"Pause the queue {queue}, in which {many}: none of them starts until it is resumed. What runs goes on."
    about = Subjects(queue, seen=tag_of_queue(queue))
    return _make(Action.PAUSE_QUEUE, about, {}, preview, by=by, now=now, reason=reason)


def tag_of_queue(queue: str) -> str:
    """Return the version of a queue's limits; empty where it has none."""
    limit = Limit.objects.filter(kind=Kind.QUEUE, name=queue).first()
    return "" if limit is None else definition_tag(limit)


def _make(
    action: Proposal.Action,
    about: Subjects,
    arguments: Mapping[str, Any],
    preview: str,
    *,
    by: AbstractBaseUser,
    now: datetime,
    reason: str,
) -> Proposal:
    reason = reason.strip()
    if not reason:
        raise Refused("Say why: whoever decides reads nothing but this and the preview.")
    if problems := rules.text_problems(reason, LONGEST_REASON):
        raise Refused(f"reason: {' '.join(problems)}")
    if Proposal.objects.open(now).filter(created_by_id=by.pk).count() >= MOST_OPEN:
        raise Refused(f"{MOST_OPEN} proposals of this user wait for a decision; no more are taken until some have one.")
    who = asker(by)
    with transaction.atomic():
        made = Proposal.objects.create(
            action=action,
            **about._asdict(),
            arguments=dict(arguments),
            preview=preview,
            reason=reason,
            created_by_id=by.pk,
            created_by_name=who["by_name"],
            created_by_token=who["by_token"],
            created_at=now,
            ends_at=now + LASTS,
        )
        after = made.described()
        Audit.objects.note(Subject.PROPOSAL, str(made.pk), by=by, now=now, before=None, after=after, reason=reason)
    return made


def _of_job(action: Proposal.Action, job: Job, run_at: datetime | None) -> str:
    called = f" '{job.name}'" if job.name else ""
    to = f" to {moment(run_at)}" if run_at is not None else ""
    now_is = f"It is {State(job.state).label}, and was due {moment(job.run_at)}."
    if job.state == State.PENDING:
        now_is = f"It is pending, due {moment(job.run_at)}."
    elif job.state == State.RUNNING:
        now_is = "It runs: it is asked to stop, and goes on until it heeds that."
    elif job.state == State.INTERRUPTED:
        now_is = "It was interrupted: whether its first start had effects is not known."
    return f"{WORDS[action]} job {job.pk}{called} of {job.target} in the queue {job.queue}{to}. {now_is}"


def moment(at: datetime) -> str:
    """Write a moment for people."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def in_rests_words(error: Exception) -> str:
    """Return what REST answers where this is raised."""
    problem = problem_of(error)
    return problem.detail if problem is not None else str(error)
