"""Words of a filter's text, and what each becomes in the address."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from jobs.rules.finding import FILTERS
from jobs.web.filter_text.times import bounds
from jobs.web.parsing import Unreadable

Pairs = list[tuple[str, str]]

TIMES = {"created": "created_at", "run": "run_at", "ended": "finished_at"}
# Each word with what may stand behind its colon: for help, and for what is offered while somebody types.
HINTS = {
    "state": "failed, or several: failed,interrupted; -state:completed for all others",
    "queue": "exactly this queue",
    "target": "exactly this target",
    "name": 'exactly this name: name:"nightly report"',
    "key": "exactly this key",
    "label": "label.team:payroll; several must all be there",
    "team": "by its label, or by a queue that it owns",
    "worker": "who made the latest start",
    "failure": "exactly this fingerprint of a failure",
    "late": ">1s, >500ms, >5m, >2h",
    "held": "approval, dependencies, person, key, queue, any or no",
    "no_live_worker": "true",
    "batch": "the number of a batch",
    "created": "today, yesterday, 2026-11, 2026-11-30, >-24h, >=2026-11-01, <2026-11-30T12:00Z",
    "run": "when it is due: as created; tomorrow, <+1h",
    "ended": "as created",
    "id": "id:123 or #123",
}
UNITS = {"ms": "0.001", "s": "1", "m": "60", "min": "60", "h": "3600", "d": "86400"}  # in seconds
SPAN = re.compile(r"(?P<sign>>?)=?(?P<number>\d{1,12}(?:\.\d{1,12})?)(?P<unit>ms|s|min|m|h|d)?", re.ASCII)
# What people ask for, and no bounded question answers.
WHY_LATE = "Why a job was late is worked out when it is shown: look at /late/?late=slots, or write late:>1s."
ELSEWHERE = {
    "payload": "Arguments are not looked into: no index leads to them, and some are secret. Give jobs a label when "
    "they are created, and write label.month:2026-11.",
    "late_cause": WHY_LATE,
    "cause": WHY_LATE,
    "sort": "The order is no filter: choose it at the head of the table.",
}


def _late(value: str) -> Pairs:
    found = SPAN.fullmatch(value)
    if found is None:
        raise Unreadable(f"'{value[:40]}' is no lateness; write at least how late: late:>1s, late:>500ms, late:>5m.")
    seconds = Decimal(found["number"]) * Decimal(UNITS[found["unit"] or "s"])
    return [("later_than", plain(seconds))]


def plain(number: Decimal) -> str:
    """Return the number without an exponent, and without zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text


def _time(word: str) -> Callable[[str], Pairs]:
    def read(value: str) -> Pairs:
        since, before = bounds(word, value)
        ends = ((f"{TIMES[word]}_after", since), (f"{TIMES[word]}_before", before))
        return [(name, end) for name, end in ends if end]

    return read


def _itself(name: str) -> Callable[[str], Pairs]:
    return lambda value: [(name, value)]


# As an address has them, too.
WORDS: dict[str, Callable[[str], Pairs]] = {
    **{name: _itself(name) for name in FILTERS if name != "q"},
    "late": _late,
    **{word: _time(word) for word in TIMES},
}
