"""Takes a job of an operation by itself, as if somebody had asked for that one: what many cannot share, and what others
had locked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError

from jobs.database import connection, transaction
from jobs.events import emit
from jobs.events.transitions import JobOfOperationFailed
from jobs.models import Job, Operation, Verb
from jobs.rights import Reach
from jobs.transitions import controls
from jobs.transitions.changing import Answer
from jobs.transitions.operations import undoing, words
from jobs.transitions.operations.asked import AskedOfMany, touchable
from jobs.transitions.operations.together import Part

if TYPE_CHECKING:
    from jobs.models.querysets import JobQuerySet

PATIENCE = "2s"  # for whoever has its row; then it stays as it is, and that is counted


def do_one(operation: Operation, job_id: int, reach: Reach, part: Part) -> str:
    """Do to this job what the operation does. Returns why it stays as it is; empty where it was done."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            if operation.undoes is not None:
                return _back(operation.undoes, job_id, reach, part)
            return _forth(AskedOfMany.of(operation), operation, job_id, reach, part)
    except OperationalError:
        return words.LOCKED
    except ValidationError as error:
        return " ".join(error.messages)
    except InterfaceError:  # it is the database that fails
        raise
    except Exception as error:  # noqa: BLE001 - the others are to be done, and the operation to end
        emit(JobOfOperationFailed(operation.pk, job_id, error))
        return words.FAILED


def _forth(asked: AskedOfMany, operation: Operation, job_id: int, reach: Reach, part: Part) -> str:
    found = asked.found(reach, operation.created_at)
    job = _with_row(touchable(found.in_state(asked.control.states), asked.verb, reach), job_id)
    if job is None:
        state = Job.objects.filter(pk=job_id).values_list("state", flat=True).first()
        if state is None:
            return words.GONE
        return words.NO_LONGER if state in asked.control.states else words.in_state(state)
    if asked.verb == Verb.EDIT and job.queue == asked.queue:
        return words.THERE_ALREADY
    return _why(_ask(asked, job, part))


def _ask(asked: AskedOfMany, job: Job, part: Part) -> Answer:
    how: dict[str, Any] = {"now": part.now, "reason": part.reason, "by": part.by, "operation": part.operation}
    if asked.verb == Verb.RESCHEDULE:
        moved = asked.moved(job.pk, job.run_at, part.now)
        if moved is None:
            raise ValidationError(words.BEYOND)
        if asked.spreads and moved == job.run_at:
            raise ValidationError(words.IN_PLACE)
        return controls.reschedule(job.pk, run_at=moved, **how)
    if asked.verb == Verb.EDIT:
        return controls.edit(job.pk, {"queue": asked.queue}, **how)
    verbs: dict[Verb, Callable[..., Answer]] = {
        Verb.CANCEL: controls.cancel,
        Verb.RUN_NOW: controls.run_now,
        Verb.RETRY: controls.retry,
        Verb.CONFIRM_DONE: controls.confirm_done,
        Verb.CONFIRM_FAILED: controls.confirm_failed,
    }
    return verbs[asked.verb](job.pk, **how)


def _back(undone: Operation, job_id: int, reach: Reach, part: Part) -> str:
    verb = undone.does
    job = _with_row(touchable(Job.objects.order_by(), undoing.BACK[verb], reach), job_id)
    (judged,) = undoing.judge(undone, [job_id], now=part.now)
    if judged.cause or job is None:
        return judged.cause or words.NOT_THEIRS
    how: dict[str, Any] = {"now": part.now, "reason": part.reason, "by": part.by, "operation": part.operation}
    if verb == Verb.CANCEL:
        return _why(controls.undo(job_id, **how))
    if verb == Verb.RETRY:
        return _why(controls.cancel(job_id, **how))
    if verb == Verb.EDIT:
        return _why(controls.edit(job_id, {"queue": judged.queue}, **how))
    return _why(controls.reschedule(job_id, run_at=judged.run_at or job.run_at, **how))


def _with_row(found: JobQuerySet, job_id: int) -> Job | None:
    """Lock and return the job, if it is among these; waits for whoever has its row."""
    return found.select_for_update(no_key=True).filter(pk=job_id).first()


def _why(answer: Answer) -> str:
    if answer.done:
        return ""
    if answer.forbidden:
        return words.TARGET_OF_OTHERS
    return words.GONE if answer.job is None else words.in_state(answer.job.state)
