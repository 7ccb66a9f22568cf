"""Handles, what a program holds of a job: its id, how it was when it was read, and what can be done to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jobs.states import FINAL, State

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@dataclass(frozen=True)
class JobHandle:
    """A job as it was when it was read. `refresh`, `wait` and the verbs return what it is then; this one stays."""

    id: int
    target: str
    #: Time at which it starts, aware.
    run_at: datetime
    #: State when it was read.
    state: State = State.PENDING
    #: Whether this call has created it; False for the earlier one of the same idempotency key, or one that was read.
    created: bool = field(default=False, compare=False)
    #: What its last start has returned, JSON; None before its end, and where it has returned nothing.
    result: Any = None
    #: What its last start has failed with, in one line; empty where it has not.
    error: str = ""
    #: Sentence that says why it is in its state; empty where that needs none.
    reason: str = ""

    @property
    def is_over(self) -> bool:
        """Return whether it had ended, however, when it was read."""
        return self.state in FINAL

    def refresh(self) -> JobHandle:
        """Return the job as it is now. Raises Refused (`not-found`) when it is there no more."""
        from jobs.python import controls  # noqa: PLC0415 - these make handles

        return controls.get(self.id)

    def cancel(self, reason: str = "", *, by: AbstractBaseUser | None = None) -> JobHandle:
        """Cancel the job, or ask it to stop if it runs. Raises Refused (`conflict`) when it has ended."""
        from jobs.python import controls  # noqa: PLC0415 - as above

        return controls.cancel(self.id, reason, by=by)

    def reschedule(self, run_at: datetime | str, reason: str = "", *, by: AbstractBaseUser | None = None) -> JobHandle:
        """Move the job to another time. Raises Refused (`conflict`) when it has started, or for no good time."""
        from jobs.python import controls  # noqa: PLC0415 - as above

        return controls.reschedule(self.id, run_at, reason, by=by)

    def wait(self, timeout: float | None = None) -> JobHandle:
        """Return the job when it has ended, however it did: look at `state`. `timeout`: seconds, None without end.

        Raises TimeoutError, and RuntimeError inside a transaction that would have to commit first."""
        from jobs.python import controls  # noqa: PLC0415 - as above

        return controls.wait(self.id, timeout)
