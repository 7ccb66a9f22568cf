"""Targets as they are registered."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class ArgumentCheckRaised(Event):
    """A target's own check of its arguments raised: the job is refused, or fails. `error` is None where its words have
    secrets in them; then `trace` tells it without."""

    level = logging.ERROR
    text = "the check of the arguments of target '%(target)s' raised %(said)s"
    traceback = True
    target: str
    said: str
    error: BaseException | None
    trace: str = ""

    @property
    def below(self) -> str:
        return self.trace if self.error is None else ""
