"""Says how a body ends: by what it returns or raises, and by what its deadline and a wish that it stop make of that."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple

from jobs import fingerprints, targets
from jobs.events import emit
from jobs.events.worker.run import TransactionLeftOpen
from jobs.masking import masked
from jobs.states import State
from jobs.targets import raised
from jobs.targets.raised import named
from jobs.transitions import Ended, Started, storable
from jobs.worker.run.results import as_json

BUILT_IN = "jobs.targets."
STOPPED_BY_SIGNAL = range(1 - 256, 65 - 256)  # with what a pool child exits that gets a signal: its number less 256


class How(NamedTuple):
    """The end of a body."""

    outcome: State
    #: Why it failed; empty if it did not.
    error: str = ""
    #: What it returned, as JSON.
    result: str | None = None
    #: The names by which its job may want another start.
    kinds: tuple[str, ...] = ()
    #: The traceback of an error that nobody has expected.
    story: str = ""
    #: How many seconds later another start is due at the earliest.
    retry_after: float | None = None
    #: By what and where it failed: jobs/fingerprints.py; empty for what needs no looking to know.
    failure: str = ""


def call(body: Callable[[], object], context: targets.Context) -> How:
    """Run the body, and return how it ended, without secrets of this start."""
    clean = context.execution.clean
    try:
        result = body()
    except targets.Cancelled as error:
        if context.cancelled:
            return cancelled(context, as_json(error.result, clean))
        said, kept = clean(str(error)), as_json(error.result, clean)
        return How(State.FAILED, said, kept, ("failure", *error.kinds), failure=_failure(error, clean))
    except targets.TargetFailed as error:
        unknown = isinstance(error, targets.OutcomeUnknown)
        outcome, kind = (State.INTERRUPTED, "unknown") if unknown else (State.FAILED, "failure")
        said, kept = clean(str(error)), as_json(error.result, clean)
        kinds, after = (kind, *error.kinds), _seconds(error.retry_after)
        return How(outcome, said, kept, kinds, retry_after=after, failure=_failure(error, clean))
    except BaseException as error:  # a job may raise anything, SystemExit too
        if isinstance(error, SystemExit) and error.code in STOPPED_BY_SIGNAL:
            raise  # its parent tells of it: whether the job had any effect is unknown
        why, story = masked(clean(named(error))), masked(raised.story(error, clean))
        names = (kind.__name__ for kind in type(error).__mro__)
        return How(State.FAILED, why, None, ("failure", *names), story, failure=_failure(error, clean))
    return How(State.COMPLETED, result=as_json(result, clean))


def _failure(error: BaseException, clean: Callable[[str], str]) -> str:
    """Return the fingerprint of this error, without secrets. One of the targets that are built in was raised where all
    of its kind are."""
    kinds = tuple(map(str, error.kinds)) if isinstance(error, targets.TargetFailed) else ()
    where = raised.place(error)
    if isinstance(error, targets.TargetFailed) and where.startswith(BUILT_IN):
        where = ""
    return masked(clean(fingerprints.of_error(fingerprints.of_kinds(kinds) or type(error).__name__, where)))


def _seconds(asked: object) -> float | None:
    """Return how many seconds the target wants to be left alone, None if that cannot be read: it may have said
    anything."""
    if isinstance(asked, int | float) and 0 < asked < 1e9:
        return float(asked)
    return None


def cancelled(context: targets.Context, result: str | None = None) -> How:
    """Return the end of a body that stopped as it was asked to: no failure after which a job wants another start."""
    return How(State.FAILED, context.execution.asked, result, ("cancelled",))


def at_last(started: Started, how: How, finished_at: datetime) -> How:
    """Return this end, or what becomes of it when it came after the deadline."""
    late = started.ends_by is not None and finished_at > started.ends_by
    if not late or "cancelled" in how.kinds or "deadline" in how.kinds or how.outcome == State.INTERRUPTED:
        return how
    assert started.ends_by is not None  # noqa: S101 - it is late
    over = (finished_at - started.ends_by).total_seconds()
    why = f"Its deadline of {started.deadline} s passed {over:,.1f} s before it ended"
    if how.outcome == State.COMPLETED:
        return How(State.FAILED, f"{why}; it ended well.", how.result, ("failure", "deadline"))
    return how._replace(error=f"{why}: {how.error}", kinds=(*how.kinds, "deadline"))


def judged(started: Started, how: How, left_open: Collection[str]) -> How:
    """Return this end, or what becomes of it when the body left transactions open: what it wrote in them is lost."""
    if not left_open:
        return how
    where = ", ".join(sorted(left_open))
    emit(TransactionLeftOpen(started.job_id, started.target, where))
    if how.outcome != State.COMPLETED:
        return how
    why = (
        f"It left a transaction open ({where}): what it wrote in it was rolled back. Commit, or leave every "
        "transaction.atomic(), before the body ends."
    )
    return How(State.FAILED, why, how.result, ("failure", "transaction"))


def ended(
    started: Started, how: How, execute_at: datetime | None, finished_at: datetime, execution: targets.Execution
) -> Ended:
    """Put an end together for the ledger, with what the body has said; secrets are masked."""
    return Ended(
        started,
        how.outcome,
        execute_at,
        finished_at,
        masked(how.error),
        how.result,
        how.kinds,
        _as_text(execution),
        execution.share,
        None if execution.share is None else storable(execution.note),
        how.story,
        how.retry_after,
        how.failure,
    )


def _as_text(execution: targets.Execution) -> str | None:
    said = execution.log
    if said is None:
        return None
    for line in said["lines"]:
        line["text"] = storable(masked(line["text"]))
    return json.dumps(said)
