"""Rules of JOBS_KEEP: how long a job that is over stays.

Nothing here needs Django to be set up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.setting_kinds import Setting

SETTING = "JOBS_KEEP"
DEFAULT_DAYS = {"completed": 30, "failed": 180, "cancelled": 30, "interrupted": 180, "skipped": 30}
MOST_DAYS = 36_500
ENTRY = re.compile(rf"(?:(queue|target) +([^ =,]+))? *({'|'.join(DEFAULT_DAYS)})? *= *([0-9]{{1,5}})")


@dataclass(frozen=True)
class KeepRule:
    """A rule: jobs of this queue, of this target, or of any (`kind` empty), that have ended in this state, or in any
    (`state` empty), stay for so many days."""

    kind: str
    name: str
    state: str
    days: int

    @classmethod
    def read(cls, text: str) -> KeepRule:
        """Read an entry such as `queue mail=7`. Raises ValueError with a sentence."""
        found = ENTRY.fullmatch(text.strip())
        if found is None or not (found[1] or found[3]) or not 1 <= int(found[4]) <= MOST_DAYS:
            raise ValueError(
                f"{SETTING} has '{text}'; write completed=30, queue mail=7 or target http failed=400, with 1 to "
                f"{MOST_DAYS} days; the states are {', '.join(DEFAULT_DAYS)}."
            )
        return cls(found[1] or "", found[2] or "", found[3] or "", int(found[4]))

    def fits(self, *, state: str, queue: str, target: str) -> bool:
        """Return whether it is about such a job."""
        return self.state in ("", state) and self.name == {"queue": queue, "target": target}.get(self.kind, "")


def days_kept(rules: Sequence[KeepRule], *, state: str, queue: str, target: str) -> int:
    """Return the days that a job stays after its end. A rule for its queue or its target goes before one for all, and
    one for its state before one for any; of a queue's and a target's the longer counts."""
    fitting = [rule for rule in rules if rule.fits(state=state, queue=queue, target=target)]
    own = [rule for rule in fitting if rule.kind]
    for closest in ([rule for rule in own if rule.state], own, fitting):
        if closest:
            return max(rule.days for rule in closest)
    return DEFAULT_DAYS[state]


@dataclass(frozen=True, kw_only=True)
class Keep(Setting):
    """The setting itself: rules, separated by commas."""

    default: tuple[KeepRule, ...] = ()

    def read(self, text: str) -> Any:
        return [KeepRule.read(entry) for entry in text.split(",") if entry.strip()]
