"""Reckons what is left of an error budget and how fast it burns: pure.

The windows, and which share of the budget each may burn before somebody is told, are those of "The Site Reliability
Workbook" (Beyer and others, O'Reilly 2018), chapter 5, "Alerting on SLOs", section 6, "Multiwindow, Multi-Burn-Rate
Alerts", table 5-8: 2 % within an hour, 5 % within six hours, 10 % within three days; a short window of a twelfth says
that it still burns. Over 30 days these are burn rates of 14.4, 6 and 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

FEWEST_LATE = 2  # in the long window: one late start is no rate


class Pace(StrEnum):
    """Ways in which a budget burns too fast, or has burnt."""

    FAST = "fast"
    SLOW = "slow"
    SPENT = "spent"


class Window(NamedTuple):
    """A long window in which such a share of the budget may burn, and the short one that says that it still does."""

    pace: Pace
    long: timedelta
    short: timedelta
    share: float

    def rate(self, days: int) -> float:
        """Return the burn rate that spends the share in the long window, of a budget for so many days: never one at
        which the budget would last."""
        return max(self.share * (timedelta(days=days) / self.long), 1.0)


WINDOWS = (
    Window(Pace.FAST, timedelta(hours=1), timedelta(minutes=5), 0.02),
    Window(Pace.FAST, timedelta(hours=6), timedelta(minutes=30), 0.05),
    Window(Pace.SLOW, timedelta(days=3), timedelta(hours=6), 0.1),
)
SPANS = tuple(sorted({length for one in WINDOWS for length in (one.long, one.short)}))
NAMES: Mapping[timedelta, str] = dict(zip(SPANS, ("5m", "30m", "1h", "6h", "3d"), strict=True))


class Starts(NamedTuple):
    """Starts of a span; of those, how many were late."""

    starts: int = 0
    late: int = 0


@dataclass(frozen=True)
class Burning:
    """Use of a budget: `whole` counts the starts of all its days, `spans` those of shorter spans up to now.
    `budget`: the share of starts, 0 to 1, that may be late."""

    budget: float
    days: int
    whole: Starts
    spans: Mapping[timedelta, Starts]

    @property
    def reached(self) -> float | None:
        """Return the share of starts that were in time, 0 to 1; None where nothing has started."""
        return 1 - self.whole.late / self.whole.starts if self.whole.starts else None

    @property
    def left(self) -> float:
        """Return what is left of the budget: 1 is all, 0 none, less where more were late than may be."""
        return 1 - _burn(self.whole, self.budget)

    def rate(self, span: timedelta) -> float:
        """Return the burn rate of a span: at 1 the budget is just spent in its days. 0 where nothing has started."""
        return _burn(self.spans.get(span, Starts()), self.budget)

    @property
    def too_fast(self) -> frozenset[Pace]:
        """Return how it burns too fast, if it does."""
        found = {one.pace for one in WINDOWS if self._burns(one)}
        return frozenset(found | ({Pace.SPENT} if self.whole.late and self.left <= 0 else set()))

    def _burns(self, window: Window) -> bool:
        least = window.rate(self.days)
        many = self.spans.get(window.long, Starts()).late >= FEWEST_LATE
        return many and self.rate(window.long) >= least and self.rate(window.short) >= least


def worst(paces: Iterable[Pace]) -> Pace | None:
    """Return the one that wants to be looked at first."""
    found = set(paces)
    return next((pace for pace in (Pace.FAST, Pace.SPENT, Pace.SLOW) if pace in found), None)


def _burn(counted: Starts, budget: float) -> float:
    return counted.late / counted.starts / budget if counted.starts else 0.0
