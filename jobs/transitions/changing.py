"""Makes one change of a job that somebody asks for, in a transaction of its own and with its audit, and gives the true
answer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from jobs import rules
from jobs.database import transaction
from jobs.models import Audit, Described, Job, Verb
from jobs.models.audit import asker
from jobs.models.described import described
from jobs.models.history import find
from jobs.rights import reach_of
from jobs.rights.seeing import not_theirs
from jobs.rules.controls import CONTROLS, Control, why_not_again
from jobs.rules.may import is_within
from jobs.rules.rights import target_problems
from jobs.states import OVER, Cause, Hold, State
from jobs.transitions import editing
from jobs.transitions.dependencies import unblock as dependencies
from jobs.transitions.history import bring_back
from jobs.transitions.limits import promotion
from jobs.transitions.limits.names import of
from jobs.transitions.schedules import succession
from jobs.transitions.stale import Stale, refuse_stale

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

LEAVES = {Verb.CANCEL, Verb.RESCHEDULE, Verb.EDIT}  # after these a pending job has no place in its limits any more
# What the audit tells of the job before and after these.
MOVED = ("run_at",)
WRITTEN_DOWN = {Verb.RESCHEDULE: MOVED, Verb.RUN_NOW: MOVED, Verb.RETRY: MOVED, Verb.EDIT: editing.COLUMNS}
IN_LINE = Hold.KEY | Hold.QUEUE
ASKS_FOR_A_START = (Verb.EDIT, Verb.RESCHEDULE, Verb.RUN_NOW, Verb.RETRY)  # whoever does does not approve it himself


@dataclass(frozen=True)
class Answer:
    """The answer to a request to change a job; `why` is a sentence for the person who asked."""

    done: bool
    why: str
    job: Job | None = None
    forbidden: bool = False  # seen by whoever asked, and not his to change
    stale: bool = False  # it is another version than whoever asked has seen


class _Redacted(Exception):
    """Refusal of another start of a job that is redacted, with the reason."""


@dataclass(frozen=True)
class Asked:
    """A request to change a job: who asks for what, when and why. `operation`: that of which it is a part. `seen`: of
    which versions of the job it is asked; None: of whatever it is."""

    verb: Verb
    now: datetime
    by: AbstractBaseUser | None
    reason: str
    operation: int | None = None
    seen: Collection[int] | None = None

    @property
    def control(self) -> Control:
        return CONTROLS[self.verb]


def do(job_id: int, asked: Asked, change: Callable[[Job], None], done: str, refusal: str) -> Answer:
    """Make the change if the job is in a state in which it can be made, and answer with what is true."""
    check_reason(asked.reason, needed=False)
    try:
        return _do(job_id, asked, change, done, refusal)
    except Stale:
        again = "edit it" if asked.verb == Verb.EDIT else "ask"
        why = f"Job {job_id} was changed since you opened it: look at it, then {again} again."
        return Answer(done=False, why=why, job=found(job_id), stale=True)


def _do(job_id: int, asked: Asked, change: Callable[[Job], None], done: str, refusal: str) -> Answer:
    if (refused := _of_no_target_of_his(job_id, asked)) is not None:
        return refused
    in_history = False
    while True:
        why = ""
        try:
            won = _try(job_id, asked, change, in_history)
        except _Redacted as redacted:
            won, why = None, str(redacted)
        job = found(job_id)
        if job is None:
            return Answer(done=False, why=f"There is no job {job_id}.")
        if won is None and not is_within(asked.verb, job, asked.by):
            return beyond(job, asked.by)
        if won == State.RUNNING:
            return Answer(done=True, why=f"Job {job_id} was asked to stop; {_state_now(job)}.", job=job)
        if won is not None:
            return Answer(done=True, why=f"Job {job_id} was {done}.", job=job)
        if why or job.state not in asked.control.states:
            break
        # The job has come back since: "cannot be cancelled; it is pending" would be no answer. Or it is brought back.
        in_history = job.in_history
    why = why or f"{refusal}; job {job_id} {_state_now(job).removeprefix('it ')}."
    return Answer(done=False, why=why, job=job)


def found(job_id: int) -> Job | None:
    """Return the job, wherever its row is; None where there is none."""
    return Job.objects.for_people().filter(pk=job_id).first() or find(job_id)


def _of_no_target_of_his(job_id: int, asked: Asked) -> Answer | None:
    """Refuse another start of a target that is given to other teams by now; None where nothing is in the way."""
    reach = reach_of(asked.by)
    if reach.everything or asked.verb not in ASKS_FOR_A_START:
        return None
    job = found(job_id)
    if job is None or not reach.touches(job) or not (problems := target_problems(job.target, reach)):
        return None
    return Answer(done=False, why=" ".join(problems), job=job, forbidden=True)


def beyond(job: Job, by: AbstractBaseUser | None) -> Answer:
    """Answer for a job that is not his to change: one that he does not see is not there for him."""
    reach = reach_of(by)
    if not reach.sees_job(job):
        return Answer(done=False, why=f"There is no job {job.pk}.")
    return Answer(done=False, why=not_theirs(f"Job {job.pk}", job, reach), job=job, forbidden=True)


def _state_now(job: Job) -> str:
    when = f" since {job.locked_at:%Y-%m-%d %H:%M:%S} UTC" if job.state == State.RUNNING else ""
    return f"it is {State(job.state).label}{when}"


def _try(job_id: int, asked: Asked, change: Callable[[Job], None], in_history: bool) -> State | None:
    """Make the change once; waits for whoever holds the row: a start that is being committed, or another person.
    Returns the state in which it was made, None if the job was in none of the expected."""
    with transaction.atomic():
        if in_history:
            bring_back([job_id])
        job = Job.objects.in_state(asked.control.states).select_for_update(no_key=True).filter(pk=job_id).first()
        if job is None or not is_within(asked.verb, job, asked.by):
            return None
        refuse_stale(job.version, asked.seen)
        if job.redacted_at is not None and asked.control.becomes == State.PENDING:
            raise _Redacted(why_not_again(job))
        check_reason(asked.reason, needed=job.state == State.INTERRUPTED)
        change(job)
        if asked.verb == Verb.CANCEL and job.state == State.PENDING:
            by_id, why = getattr(asked.by, "pk", None), asked.reason
            succession.missed([job], Cause.PERSON, why, now=asked.now, by_id=by_id)
        if job.has_dependents and asked.control.becomes in OVER:
            dependencies.ended([job.pk], now=asked.now)
        if job.state == State.PENDING and asked.verb in LEAVES:
            waited = of(queue=job.queue, key=job.key) if job.held_by & IN_LINE else []
            promotion.leave([job.pk], now=asked.now, also=waited)
        before, after = _described(job, asked.verb)
        Audit.objects.create(
            job_id=job_id,
            verb=asked.verb,
            **asker(asked.by),
            reason=asked.reason,
            at=asked.now,
            from_state=job.state,
            to_state=State.RUNNING if job.state == State.RUNNING else asked.control.becomes,
            before=before,
            after=after,
            operation_id=asked.operation,
            version=_version(job_id) if asked.operation is not None else None,
        )
        return State(job.state)


def _version(job_id: int) -> int:
    """Return the version that the job has after the change: who takes it back looks whether it has it still."""
    return Job.objects.values_list("version", flat=True).get(pk=job_id)


def _described(job: Job, verb: Verb) -> tuple[Described, Described]:
    """Return what the audit tells of the job: as it was, and as it is; of an edit what is another now."""
    names = WRITTEN_DOWN.get(verb)
    if names is None:
        return None, None
    now = Job.objects.only("target", *names).get(pk=job.pk)
    if verb == Verb.EDIT:
        names = tuple(name for name in names if not editing.is_same(getattr(job, name), getattr(now, name)))
    return described(job, names), described(now, names)


def check_reason(reason: str, *, needed: bool) -> None:
    """Raise ValidationError (field `reason`) for a reason that cannot be one, or is `needed` and missing."""
    problems = rules.reason_problems(reason, needed=needed)
    if problems:
        raise ValidationError({"reason": problems})
