"""Asks how each objective stands: three statements for any number of them. The watcher asks for all processes; what one
has read of that, or has counted where nobody watches, it keeps for a while."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.cache import cache

from jobs.kept import alone
from jobs.models import Objective
from jobs.models.objective import MOST_OBJECTIVES
from jobs.models.querysets.seeing_alike import name_of
from jobs.models.rollups import budgets, shared_counts
from jobs.objectives.burning import SPANS, Burning, Pace, Starts, worst
from jobs.spans import measured

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

KEPT_FOR = 60  # seconds: the shortest span is of five minutes
READ_FOR = 10  # seconds for which a process keeps what it has read of what the watcher has counted
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


def standings(objectives: Iterable[Objective], now: datetime, within: Reach | None = None) -> list[Standing]:
    """Return how these stand, in their order; those of queues and targets by what is within this reach. At most two
    statements, none for none."""
    rows = list(objectives)
    asked = _asked(rows)
    return _standings(rows, budgets.count(asked, SPANS, now, within=within) if asked else ())


def count_for_all(objectives: Iterable[Objective], now: datetime) -> list[Standing]:
    """Count all there are, and keep that for the other processes. At most three statements; none for none."""
    rows = list(objectives)
    asked = _asked(rows)
    counted = budgets.count(asked, SPANS, now) if asked else []
    if asked:
        shared_counts.write(asked, counted, now)
    return _standings(rows, counted)


def _asked(rows: Iterable[Objective]) -> list[budgets.Asked]:
    return [budgets.Asked(one.pk, one.kind, one.name, one.within_ms, one.days) for one in rows]


def _standings(rows: Iterable[Objective], counted: Iterable[budgets.Counted]) -> list[Standing]:
    found: dict[int, dict[timedelta, Starts]] = defaultdict(dict)
    for one in counted:
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


def latest(now: datetime, reach: Reach | None = None) -> list[Standing]:
    """Return how all stand, or have stood 100 s ago at most: another objective is counted at once. One
    statement; one more where what was read is too old, and then two where nobody watches. For somebody who does not see
    all: those that he sees, of queues and targets by the starts of his teams alone; two statements more, and one of
    these where it is kept."""
    rows = list(Objective.objects.all()[:MOST_OBJECTIVES])
    found = _counted(KEY, rows, now)
    if reach is None or reach.is_whole:
        return found
    seen = set(Objective.objects.within(reach).order_by().values_list("pk", flat=True))
    counted_by_team = [row for row in rows if row.pk in seen and row.kind != Objective.Kind.SCHEDULE]
    # Figures are nobody's by who has made the job; who may see objectives sees them by these figures, not by jobs.
    ours = replace(reach, user_id=None, own_only=False)
    theirs = _counted(f"{KEY}{name_of(ours)}", counted_by_team, now, ours) if counted_by_team else []
    by_id = {one.objective.pk: one for one in theirs}
    return [by_id.get(one.objective.pk, one) for one in found if one.objective.pk in seen]


def _counted(key: str, rows: Sequence[Objective], now: datetime, within: Reach | None = None) -> list[Standing]:
    stamp = [(row.pk, row.kind, row.name, row.share, row.within_ms, row.days) for row in rows]
    with alone(key):  # twenty who look at once count once
        found: tuple[object, Sequence[Standing]] | None = cache.get(key)
        if found is None or found[0] != stamp:
            asked = _asked(rows)
            shared = shared_counts.read(asked, now=now) if asked and within is None else None
            found = (stamp, standings(rows, now, within) if shared is None else _standings(rows, shared))
            cache.set(key, found, KEPT_FOR if shared is None else READ_FOR)
    return list(found[1])
