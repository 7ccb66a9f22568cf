"""Asks how each objective stands: three statements for any number of them, and kept for a while."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache

from jobs.models import Objective
from jobs.models.objective import MOST_OBJECTIVES
from jobs.models.rollups import budgets
from jobs.objectives.burning import SPANS, Burning, Pace, Starts, worst
from jobs.spans import measured

KEPT_FOR = 60  # seconds: the shortest span is of five minutes
KEY = "runat-objectives"


@dataclass(frozen=True)
class Standing:
    """An objective, and the use of its budget."""

    objective: Objective
    burning: Burning

    @property
    def sentence(self) -> str:
        """Return what is wanted, in words."""
        return f"{wanted(self.objective)} over {self.objective.days} days."

    @property
    def pace(self) -> Pace | None:
        """Return how it burns too fast, the worst way; None: it does not."""
        return worst(self.burning.too_fast)


def wanted(objective: Objective) -> str:
    """Return what is wanted, without its days: `99.9 % of the starts of queue 'mail' are to be within 1 s`."""
    return f"{objective.share.normalize():f} % of the starts of {objective} are to be within {within(objective)}"


def within(objective: Objective) -> str:
    """Return the time of an objective for people: `1 s`, `2.15 s`, `100 ms`, `5 min`."""
    ms = objective.within_ms
    if ms < 1000:
        return f"{ms} ms"
    if ms % 60_000 == 0 and ms < 3_600_000:
        return f"{ms // 60_000} min"
    return f"{ms / 1000:g} s" if ms < 60_000 else measured(ms)


def standings(
    objectives: Iterable[Objective], now: datetime, count: Callable[..., list[budgets.Counted]] = budgets.count
) -> list[Standing]:
    """Return how these stand, in their order. At most two statements, none for none."""
    rows = list(objectives)
    asked = [budgets.Asked(one.pk, one.kind, one.name, one.within_ms, one.days) for one in rows]
    found: dict[int, dict[timedelta, Starts]] = defaultdict(dict)
    for one in count(asked, SPANS, now) if asked else ():
        found[one.id][one.span] = Starts(one.starts, one.late)
    return [
        Standing(
            row,
            Burning(
                row.budget,
                row.days,
                found[row.pk].get(timedelta(days=row.days), Starts()),
                {span: found[row.pk].get(span, Starts()) for span in SPANS},
            ),
        )
        for row in rows
    ]


def kept(now: datetime) -> list[Standing]:
    """Return how all have stood within KEPT_FOR seconds, whatever has been changed since. No statement where that is
    known."""
    found: tuple[object, Sequence[Standing]] | None = cache.get(KEY)
    return list(found[1]) if found is not None else latest(now)


def latest(now: datetime) -> list[Standing]:
    """Return how all stand, at most KEPT_FOR seconds ago: another objective is counted at once. One statement, and two
    more where what was counted is too old."""
    rows = list(Objective.objects.all()[:MOST_OBJECTIVES])
    stamp = [(row.pk, row.kind, row.name, row.share, row.within_ms, row.days) for row in rows]
    found: tuple[object, Sequence[Standing]] | None = cache.get(KEY)
    if found is None or found[0] != stamp:
        found = (stamp, standings(rows, now))
        cache.set(KEY, found, KEPT_FOR)
    return list(found[1])
