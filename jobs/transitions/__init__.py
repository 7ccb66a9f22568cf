"""The only writer of `state`. Each change names the state it expects; losing a race is a normal answer.

`now` is always the database's clock, read once by the caller. docs/states.md has the diagram.
"""

from jobs.transitions.attempts import (
    ERROR_LIMIT,
    Started,
    WorkerIdentity,
    acquire,
    acquired_by,
    finish,
)
from jobs.transitions.creation import KeyReused, create, create_many
from jobs.transitions.interruption import back_off, interrupt
from jobs.transitions.verbs import Answer, cancel, confirm_done, confirm_failed, reschedule, retry, run_now

__all__ = [
    "ERROR_LIMIT",
    "Answer",
    "KeyReused",
    "Started",
    "WorkerIdentity",
    "acquire",
    "acquired_by",
    "back_off",
    "cancel",
    "confirm_done",
    "confirm_failed",
    "create",
    "create_many",
    "finish",
    "interrupt",
    "reschedule",
    "retry",
    "run_now",
]
