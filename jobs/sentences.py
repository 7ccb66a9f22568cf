"""Sentences that are stored with a job when it is held back or skipped, and read again to tell its cause: whoever
writes one and whoever reads it take it from here. Nothing here needs Django to be set up.

No head is altered here, since rows that have it stay: what is said otherwise gets a sentence of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

# What stands for a field in what is stored, also where another job is not named to who reads it (jobs/rights/telling).
FIELDS = {
    "limit": r"(?:queue|key) '.*?'",
    "who": r"(?:Job \d+|Another job|\d+ jobs|Other jobs)",
    "job": r"(?:Job \d+|Another job)",
    "passed": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}",
}


class Sentence:
    """A sentence with {fields}: `head` is what it is recognised by, `rest` may be told in other words."""

    def __init__(self, head: str, rest: str = "") -> None:
        self.head, self.rest = head, rest

    def __call__(self, **fields: object) -> str:
        """Return the sentence to store."""
        return (self.head + self.rest).format(**fields)

    def read(self, stored: str) -> Mapping[str, str] | None:
        """Return the fields of its head, if what is stored begins with it; None if it does not."""
        found = self._pattern.match(stored)
        return None if found is None else found.groupdict()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)[^}]*\}", self.head)
        words = [
            f"(?P<{part}>{FIELDS.get(part, '.*?')})" if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        ]
        return re.compile("".join(words), re.DOTALL)


# Of limits.
PAUSED = Sentence("The {limit} was paused", "{why}.")
FULL = Sentence("The {limit} was full", ": {running} of it ran.")
OTHERS_BEFORE = Sentence("Others had waited longer for the {limit}", ".")
RATE_GAVE = Sentence("The rate of the {limit}", "{more} gave it {moment:%Y-%m-%d %H:%M:%S.%f} UTC.")
RATE_GAVE_ANEW = Sentence(
    "The rate of the {limit} gave it another moment, since {passed:%Y-%m-%d %H:%M:%S.%f} UTC had passed",
    ": {moment:%Y-%m-%d %H:%M:%S.%f} UTC.",
)
RATE_HAD_NONE = Sentence("The rate of the {limit} had no moment for it yet", ".")
RAN = Sentence("{who} of the {limit} ran", "{more} at its time{joined}.")
ABOUT_TO_START = Sentence("{who} of the {limit} was about to start", " at its time{joined}.")
NOT_ENTERED = Sentence("It was paused before its body was entered", "{more}.")

# Of other jobs.
WAITED_FOR = Sentence("It waited for ", "{others}.")
BROKEN = Sentence("{job}, which it waited for, ", "{how}.")
RUN_IN_VAIN = Sentence("{run}, after which it comes, ", "{how}.")
SCHEDULE_DELETED = Sentence("Its schedule was deleted while it waited for the runs of others", ".")
RUN_STILL_WAITED = Sentence("Job {earlier}, the run of {nominal:%Y-%m-%d %H:%M:%S} UTC, still waited", " at its time.")

# Of people, calendars and targets.
APPROVAL = Sentence("The target {target} needs the approval of a second person", ".")
TOO_LATE = Sentence("It could have started {late:.1f} s after its time; it was to start within ", "{within} s.")
SWITCHED_OFF = Sentence(
    "The target '{target}' is switched off", "{why}; an administrator can switch it on in the admin."
)
NOT_BY_US = Sentence("A worker could not start it: ", "{why}")
STRAYED = Sentence("It was moved from the queue '{was}' to '{queue}'", ".")
STOPPED = Sentence("All starts were stopped ", "{span}: {reason}. Since then {per_minute:,} a minute go on.")
CLOSED = Sentence("The calendar '{calendar}' was closed", ": {closed}.")
UNUSABLE = Sentence("The calendar '{calendar}' cannot be used: ", "{sentence}")
NEVER_OPEN = Sentence("The calendar '{calendar}' has no open moment in the two years ", "{when} UTC{remedy}.")
MOVED = Sentence("Moved from {moment:%Y-%m-%d %H:%M:%S} UTC by the calendar '{calendar}'", ": {closed}.")
WILL_BE_SKIPPED = Sentence("It will be skipped: at its time the calendar '{calendar}' is closed", ", {closed}.")


def missed_moment(stored: str) -> datetime | None:
    """Return the moment of a rate that had passed before a worker took the job; None where that is not what is said.
    Anybody may write it by SQL: what is no moment is none."""
    said = RATE_GAVE_ANEW.read(stored)
    if said is None:
        return None
    try:
        return datetime.strptime(f"{said['passed']} +0000", "%Y-%m-%d %H:%M:%S.%f %z")
    except ValueError:
        return None
