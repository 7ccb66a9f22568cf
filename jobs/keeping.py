"""Rules of how long a job that is over stays, and what it holds: those of JOBS_KEEP, and those of the table.

Nothing here needs Django to be set up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.setting_kinds import Setting

SETTING = "JOBS_KEEP"
DEFAULT_DAYS = {"completed": 30, "failed": 180, "cancelled": 30, "interrupted": 180, "skipped": 30}
MOST_DAYS = 36_500
NO_LABELS: Mapping[str, str] = {}
ENTRY = re.compile(rf"(?:(queue|target) +([^ =,]+))? *({'|'.join(DEFAULT_DAYS)})? *= *([0-9]{{1,5}})")


@dataclass(frozen=True)
class KeepRule:
    """A rule: jobs of this queue, of this target, with this label, or any (`kind` empty), that have ended in this
    state, or in any (`state` empty), stay for so many days, or what they hold does."""

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

    @property
    def words(self) -> str:
        """The rule as JOBS_KEEP writes it: `queue mail failed=7`."""
        of = f"{self.kind} {self.name}" if self.kind else "" if self.state else "all"
        return f"{' '.join(part for part in (of, self.state) if part)}={self.days}"

    def fits(self, *, state: str, queue: str, target: str, labels: Mapping[str, str] = NO_LABELS) -> bool:
        """Return whether it is about such a job."""
        if self.state not in ("", state):
            return False
        if self.kind == "label":
            key, colon, value = self.name.partition(":")
            return key in labels and (not colon or labels[key] == value)
        return self.name == {"queue": queue, "target": target}.get(self.kind, "")


def closest(rules: Sequence[KeepRule], **job: Any) -> Sequence[KeepRule]:
    """Return those of the rules that count for such a job. One for its queue, its target or a label of it goes before
    one for all, and one for its state before one for any."""
    fitting = [rule for rule in rules if rule.fits(**job)]
    own = [rule for rule in fitting if rule.kind]
    return next((some for some in ([rule for rule in own if rule.state], own) if some), None) or (
        [rule for rule in fitting if rule.state] or fitting
    )


def days_kept(rules: Sequence[KeepRule], *, state: str, queue: str, target: str) -> int:
    """Return the days that a job stays after its end; of a queue's and a target's rule the longer counts."""
    counting = closest(rules, state=state, queue=queue, target=target)
    return max((rule.days for rule in counting), default=DEFAULT_DAYS[state])


def days_readable(
    rules: Sequence[KeepRule], *, state: str, queue: str, target: str, labels: Mapping[str, str]
) -> int | None:
    """Return the days after its end for which a job can be read as it was; None: for as long as it stays. Of several
    rules that are as close the shorter counts."""
    counting = closest(rules, state=state, queue=queue, target=target, labels=labels)
    return min((rule.days for rule in counting), default=None)


@dataclass(frozen=True, kw_only=True)
class Keep(Setting):
    """The setting itself: rules, separated by commas."""

    default: tuple[KeepRule, ...] = ()

    def read(self, text: str) -> Any:
        return [KeepRule.read(entry) for entry in text.split(",") if entry.strip()]
