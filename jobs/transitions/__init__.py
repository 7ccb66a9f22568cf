"""The only writer of a job's `state`. Each change names the state it expects; losing a race is a normal answer.

`now` is always the database's clock, read once by the caller. docs/states.md has the diagram.
"""

from jobs.transitions.acquiring import acquire, acquired_by
from jobs.transitions.approval import approve, refuse
from jobs.transitions.changing import Answer
from jobs.transitions.controls import (
    cancel,
    confirm_done,
    confirm_failed,
    edit,
    reschedule,
    retry,
    run_now,
    undo,
)
from jobs.transitions.creation import KeyInUse, KeyReused, create, create_all, create_many
from jobs.transitions.finishing import ERROR_LIMIT, finish, storable
from jobs.transitions.interruption import back_off, interrupt
from jobs.transitions.progress import Progress, report_progress
from jobs.transitions.rehearsal import rehearse_end, rehearse_promotion, rehearse_start
from jobs.transitions.starts import Acquired, AcquireRequest, Ended, Started, WorkerIdentity

__all__ = [
    "ERROR_LIMIT",
    "AcquireRequest",
    "Acquired",
    "Answer",
    "Ended",
    "KeyInUse",
    "KeyReused",
    "Progress",
    "Started",
    "WorkerIdentity",
    "acquire",
    "acquired_by",
    "approve",
    "back_off",
    "cancel",
    "confirm_done",
    "confirm_failed",
    "create",
    "create_all",
    "create_many",
    "edit",
    "finish",
    "interrupt",
    "refuse",
    "rehearse_end",
    "rehearse_promotion",
    "rehearse_start",
    "report_progress",
    "reschedule",
    "retry",
    "run_now",
    "storable",
    "undo",
]
