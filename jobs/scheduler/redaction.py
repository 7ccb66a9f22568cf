"""Redacts jobs that are over when their days have come, by the rules of the table: see docs/retention.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from jobs.clock import steady
from jobs.events import emit
from jobs.events.scheduler import JobsRedacted
from jobs.keeping import KeepRule
from jobs.rules.keeping import redaction_rules
from jobs.transitions.history import BEGIN, Place
from jobs.transitions.redaction import TABLES, redact_part

AT_A_TIME = 500  # jobs, in one transaction
SECONDS = 0.5  # of redacting in one call
LOOK_EVERY = 60.0  # seconds, when all has been looked at
ALL_EVERY = timedelta(days=1)  # between two looks at all that is over


class Redacting:
    """Remembers where it stopped: all is looked at once a day, and anew when a rule has changed. What dies with the
    process is the place only: the next leader begins, and finds what is not redacted yet."""

    def __init__(self) -> None:
        self._rules: Sequence[KeepRule] = ()
        self._begun: datetime | None = None
        self._left: list[str] = []  # tables that are not looked at to their end
        self._after: Place = BEGIN

    def __call__(self, *, now: datetime, seconds: float = SECONDS) -> float:
        """Redact the next jobs whose days are over; return the seconds until the next look. One statement where there
        is no rule, or all has been looked at."""
        rules, until = redaction_rules(), steady() + seconds
        if self._begun is None or rules != self._rules or not timedelta() <= now - self._begun < ALL_EVERY:
            self._begun, self._rules, self._left, self._after = now, rules, list(TABLES), BEGIN
        redacted = 0
        while rules and self._left:
            part = redact_part(self._left[0], rules, now=now, after=self._after, limit=AT_A_TIME)
            redacted += part.redacted
            self._after = part.next or BEGIN
            if part.next is None:
                self._left.pop(0)
            if steady() >= until:
                break
        if redacted:
            emit(JobsRedacted(redacted))
        return 0.0 if rules and self._left else LOOK_EVERY


redacting = Redacting()  # of this process
