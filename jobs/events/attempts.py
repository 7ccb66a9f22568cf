"""The starts of jobs. The logger `jobs.attempts` has one line for each at its end, from INFO up."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from jobs.events.event import Event


@dataclass(frozen=True)
class AttemptAcquired(Event):
    """A worker has taken the row of a due job: RUNNING and its ledger row are committed."""

    level = logging.DEBUG
    text = "job %(job_id)d (%(target)s): attempt %(attempt)d acquired by %(worker)s"
    job_id: int
    attempt: int
    target: str
    worker: str
    queue: str = ""


@dataclass(frozen=True)
class AttemptEnded(Event):
    """The end of an attempt, which is committed: by its worker, or by whoever has declared it interrupted. `delay` and
    `duration` are seconds, None where nobody knows when the body was entered, as when it was not. `end` is all that is
    known of it (`jobs.transitions.Ended`), for those who draw it; the log leaves it out."""

    unsaid = frozenset({"end"})

    outcome: ClassVar[str]
    job_id: int
    attempt: int
    target: str
    delay: float | None
    duration: float | None
    error: str = ""
    story: str = ""
    queue: str = ""
    end: object = field(default=None, repr=False, compare=False)

    def words(self) -> Mapping[str, object]:
        said = [": " + self.error] if self.error else []
        return {
            **vars(self),
            "late": _milliseconds(self.delay),
            "took": _milliseconds(self.duration),
            "why": "".join(said),
        }

    @property
    def below(self) -> str:
        """The lines of its story."""
        return self.story


def _milliseconds(seconds: float | None) -> str:
    return "unknown" if seconds is None else f"{seconds * 1000:.3f} ms"


LINE = "job %(job_id)d (%(target)s): attempt %(attempt)d {}, delay %(late)s, duration %(took)s%(why)s"


@dataclass(frozen=True)
class AttemptCompleted(AttemptEnded):
    """The attempt ended well."""

    level = logging.INFO
    text = LINE.format("completed")
    outcome = "completed"


@dataclass(frozen=True)
class AttemptFailed(AttemptEnded):
    """The attempt failed: `error` says why, `story` is the traceback of an error that nobody has expected."""

    level = logging.WARNING
    text = LINE.format("failed")
    outcome = "failed"


@dataclass(frozen=True)
class AttemptInterrupted(AttemptEnded):
    """The attempt was started and its effect is unknown, or it was over before its body was entered."""

    level = logging.WARNING
    text = LINE.format("interrupted")
    outcome = "interrupted"
