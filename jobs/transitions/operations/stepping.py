"""Goes on with an operation, by a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from django.db import InterfaceError, OperationalError

from jobs import failpoints
from jobs.clock import steady
from jobs.database import transaction
from jobs.events import emit
from jobs.events.transitions import OperationEnded
from jobs.models import Job, Operation, Turn, Verb
from jobs.models.querysets.ids import is_one_of
from jobs.permissions import why_refused
from jobs.rights import Reach, reach_of
from jobs.rules.controls import CONTROLS
from jobs.rules.finding import THESE
from jobs.rules.rights import target_problems
from jobs.states import Hold, State
from jobs.transitions.changing import ASKS_FOR_A_START, IN_LINE
from jobs.transitions.operations import trying, undoing, words
from jobs.transitions.operations.asked import AskedOfMany, touchable
from jobs.transitions.operations.singly import do_one
from jobs.transitions.operations.together import Part, Row, To, cancel_each, locked, requeue_all

if TYPE_CHECKING:
    from django.contrib.auth.models import PermissionsMixin

AT_A_TIME = 1000  # jobs in one transaction
LOOK = 100_000  # ids that one statement looks at
SECONDS = 0.5  # for those that are taken one by one, in one transaction


class Batch(NamedTuple):
    """Jobs of a batch that are locked and can be changed together, those that must be taken one by one, and the
    position behind all of them."""

    rows: list[Row]
    alone: list[int]
    position: int


def go_on(pk: int, *, now: datetime) -> bool:
    """Do the next batch of this operation; return whether there is more to do. Whoever comes while another does this
    does nothing.

    1. Lock the operation's row, and look whether whoever has begun it may still do this, and whether one that tries
       some jobs first may do more now: it waits for these, and ends if too few of them succeed.
    2. Take those that are to be taken one by one, if there are any; the next batch otherwise, by statements for all of
       it. Jobs that somebody else has locked, and those of which more is to be done, are left for the first.
    3. Write how far it is, in the same transaction: no job is changed twice, whoever dies.
    """
    with transaction.atomic():
        operation = Operation.objects.going_on().of_jobs().for_people().filter(pk=pk).locked(wait=False).first()
        if operation is None:
            return False
        if why := _why_not(operation):
            end(operation, Operation.Outcome.FAILED, why, now=now)
            return False
        room = trying.room(operation, AT_A_TIME, now=now)
        if room.stops:
            end(operation, Operation.Outcome.FAILED, room.stops, now=now)
        if not room.jobs:
            return False
        assert operation.created_by is not None  # noqa: S101 - see above
        part = Part(operation.pk, operation.created_by, operation.reason, now)
        reach = reach_of(operation.created_by)
        if operation.one_by_one:
            _one_by_one(operation, reach, part)
        elif operation.undoes is not None:
            _undo(operation, operation.undoes, reach, part)
        else:
            _do(operation, reach, part, room.jobs)
        over = operation.position >= (operation.newest_id or 0) and not operation.one_by_one
        if over:
            _count_the_rest(operation)
            end(operation, Operation.Outcome.DONE, "", now=now)
        operation.save(update_fields=["position", "one_by_one", "done", "refused", "went_on_at"])
        failpoints.hit("in-operation")
    return not over


def end(operation: Operation, outcome: Operation.Outcome, why: str, *, now: datetime) -> None:
    """Write that it is over."""
    operation.outcome, operation.why, operation.ended_at = outcome, why, now
    operation.save(update_fields=["outcome", "why", "ended_at"])
    event = OperationEnded(operation.pk, str(operation.verb), str(outcome), operation.done, operation.left_alone, why)
    transaction.on_commit(partial(emit, event), robust=True)


def _why_not(operation: Operation) -> str:
    """Return why whoever has begun it may not go on, by what his rights are now; empty where he may."""
    by = operation.created_by
    if by is None:
        return "The account of whoever began it was deleted."
    if not by.is_active:
        return f"The account of {by.get_username()}, who began it, is switched off."
    permission = CONTROLS[operation.does].permission
    return "" if cast("PermissionsMixin", by).has_perm(permission) else why_refused(by, permission)


def _do(operation: Operation, reach: Reach, part: Part, most: int) -> None:
    asked = AskedOfMany.of(operation)
    batch = _next(operation, asked, reach, most)
    rows = _of_their_targets(operation, asked.verb, batch.rows, reach)
    apart = set(_apart(asked.verb, rows))
    rows = [row for row in rows if row.id not in apart]
    if asked.verb == Verb.CANCEL:
        failed = _together(rows, partial(cancel_each, rows, part))
    else:
        going = [to for row in rows if (to := _to(asked, row, part.now)) is not None]
        _count(operation, words.BEYOND, len(rows) - len(going))
        if asked.spreads:
            stay = [to for to in going if to.run_at == to.row.run_at]
            _count(operation, words.IN_PLACE, len(stay))
            going = [to for to in going if to.run_at != to.row.run_at]
        rows = [to.row for to in going]
        failed = _together(rows, partial(requeue_all, going, asked.verb, part))
    operation.done += len(rows) - len(failed)
    operation.one_by_one = sorted([*batch.alone, *apart, *failed])
    operation.position = batch.position


def _apart(verb: Verb, rows: list[Row]) -> list[int]:
    """Return the ids of those that are not changed together with others."""
    if verb == Verb.CANCEL:
        return [row.id for row in rows if row.state == State.RUNNING]
    if verb == Verb.RUN_NOW:
        return _in_line(rows)
    return [] if verb in (Verb.RESCHEDULE, Verb.RETRY) else [row.id for row in rows]


def _together(rows: list[Row], change: Callable[[], list[int] | None]) -> list[int]:
    """Change these jobs; return the ids of those that are to be taken one by one: of all, where one of them has it
    fail. Else it would fail again and again, and the operation never end."""
    try:
        with transaction.atomic():
            return change() or []
    except (OperationalError, InterfaceError):  # it is the database that fails
        raise
    except Exception:  # noqa: BLE001 - whatever it is: that one is told of when it is taken
        return [row.id for row in rows]


def _next(operation: Operation, asked: AskedOfMany, reach: Reach, most: int) -> Batch:
    """Lock the next jobs that are found, so many at most. Looks at so many ids at most, and at none that is newer than
    the operation."""
    newest = operation.newest_id or 0
    until = newest if THESE in asked.wanted else min(operation.position + LOOK, newest)
    found = touchable(asked.found(reach, operation.created_at).in_state(asked.control.states), asked.verb, reach)
    found = found.filter(created_at__lte=operation.created_at)
    if asked.places is not None:
        some = asked.places.after(operation.position, most)
        until = some[-1] if len(some) == most else newest
        found = found.filter(is_one_of(some))
    here = found.filter(id__gt=operation.position, id__lte=until)
    ids = list(here.order_by("id").values_list("id", flat=True)[:most])
    rows = locked(found, ids) if ids else []
    return Batch(rows, _missing(ids, rows), ids[-1] if len(ids) == most else until)


def _to(asked: AskedOfMany, row: Row, now: datetime) -> To | None:
    """Return the time for which the job is to be pending, as the verbs of one job have it; None beyond what can be."""
    if asked.verb == Verb.RESCHEDULE:
        moved = asked.moved(row.id, row.run_at, now)
        return None if moved is None else To(row, moved)
    keeps_time = asked.verb == Verb.RETRY and row.state in (State.CANCELLED, State.SKIPPED) and row.run_at > now
    return To(row, row.run_at) if keeps_time else To(row, now, over_calendar=True)


def _in_line(rows: list[Row]) -> list[int]:
    """Return the ids of those that wait for their turn, or whose turn has come: they may keep their places."""
    with_turn = set(Turn.objects.filter(job_id__in=[row.id for row in rows]).values_list("job_id", flat=True))
    return [row.id for row in rows if Hold(row.holds) & IN_LINE or row.id in with_turn]


def _undo(operation: Operation, undone: Operation, reach: Reach, part: Part) -> None:
    back = undoing.BACK[undone.does]
    ids = undoing.part_of(undone, after=operation.position, limit=AT_A_TIME)
    theirs = touchable(Job.objects.order_by(), back, reach)
    rows = {row.id: row for row in (locked(theirs, ids) if ids else [])}
    judged = undoing.judge(undone, ids, now=part.now)
    for one in judged:
        _count(operation, one.cause, bool(one.cause))
    free = [one for one in judged if not one.cause]
    others = [one.job_id for one in free if one.job_id not in rows]
    taken = set(theirs.filter(pk__in=others).values_list("pk", flat=True)) if others else set()
    _count(operation, words.NOT_THEIRS, len(others) - len(taken))
    theirs_now = _of_their_targets(operation, back, [rows[one.job_id] for one in free if one.job_id in rows], reach)
    before = {one.job_id: one for one in free}
    pairs = [(row, before[row.id]) for row in theirs_now]
    alone = _together(theirs_now, partial(undoing.take_back, undone, pairs, part))
    operation.done += len(theirs_now) - len(alone)
    operation.one_by_one = sorted([*alone, *taken])
    operation.position = ids[-1] if len(ids) == AT_A_TIME else operation.newest_id or 0


def _of_their_targets(operation: Operation, verb: Verb, rows: list[Row], reach: Reach) -> list[Row]:
    """Return those whose targets they may start, where this asks for a start; the others are counted."""
    if reach.everything or verb not in ASKS_FOR_A_START:
        return rows
    others = {target for target in {row.target for row in rows} if target_problems(target, reach)}
    theirs = [row for row in rows if row.target not in others]
    _count(operation, words.TARGET_OF_OTHERS, len(rows) - len(theirs))
    return theirs


def _one_by_one(operation: Operation, reach: Reach, part: Part) -> None:
    """Take the first of those that are to be taken one by one, as many as there is time for."""
    left, until = list(operation.one_by_one), steady() + SECONDS
    while left:
        cause = do_one(operation, left.pop(0), reach, part)
        _count(operation, cause, bool(cause))
        operation.done += not cause
        if steady() >= until:
            break
    operation.one_by_one = left


def _count_the_rest(operation: Operation) -> None:
    """Count those that were found when it began, and no more when it came to them: somebody else has changed them, or
    it has itself, as those that waited for what it has cancelled."""
    if operation.undoes is None and operation.total is not None:
        _count(operation, words.NO_LONGER, max(operation.total - operation.done - operation.left_alone, 0))


def _count(operation: Operation, cause: str, number: int) -> None:
    if number:
        words.add(operation.refused, cause, int(number))


def _missing(ids: Iterable[int], rows: list[Row]) -> list[int]:
    there = {row.id for row in rows}
    return [pk for pk in ids if pk not in there]
