"""Gives jobs that share a limit, and whose time has come, their places, or puts them in line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jobs import publishing
from jobs.models import Turn
from jobs.models.querysets.turns import Place
from jobs.transitions.limits.judge import judge
from jobs.transitions.limits.names import Name, named, try_for
from jobs.transitions.limits.standing import moments, note_rates, views_of
from jobs.transitions.refusals import Refusal, Row


@dataclass
class Decided:
    """The decision about rows that share limits. `early`: jobs that cannot start now, and whose time has not come: they
    are judged then. `busy`: jobs with the limit of theirs about which somebody else decides at this moment."""

    refused: dict[int, Refusal] = field(default_factory=dict)
    early: set[int] = field(default_factory=set)
    busy: dict[int, Name] = field(default_factory=dict)

    @property
    def undecided(self) -> set[int]:
        return self.early | self.busy.keys()


def decide(rows: Sequence[Row], *, now: datetime) -> Decided:
    """Decide about these jobs in the order of their time, in the transaction that has their rows. Those of which
    nothing is said have their places now; what is refused keeps none (see `take_back`)."""
    views = views_of(try_for({name for row in rows for name in row.limits}), now=now)
    decided = Decided(busy={row.id: min(locked) for row in rows if (locked := set(row.limits) - views.keys())})
    starting: list[Row] = []
    for row in sorted(rows, key=lambda row: (row.run_at, row.id)):
        if row.id in decided.busy:
            continue
        mine = [views[name] for name in row.limits]
        refusal = judge(row, views, now=now, until=publishing.horizon(now))
        if refusal is None:
            starting.append(row)
            for view in mine:
                view.start(row, max(now, row.due))
        elif row.due > now:
            decided.early.add(row.id)
        else:
            decided.refused[row.id] = refusal
            for view in mine:
                view.leave(row)
                if view.name in refusal.moment_of and refusal.not_before is not None:
                    view.reserve(row, refusal.not_before)
    Turn.objects.put([Place(row.id, *name) for row in starting for name in row.limits], now=now)
    note_rates(views.values())
    return decided


def take_back(rows: Sequence[Row], refused: dict[int, Refusal], *, now: datetime) -> set[Name]:
    """Release the places of the jobs that do not start: they are the next ones', but for the moments that rates have
    given now. Returns the limits at which somebody is to look after the commit: the lines of those that wait, besides.
    """
    gone = [row for row in rows if row.id in refused]
    if not gone:
        return set()
    left = set(named(Turn.objects.leave([row.id for row in gone])))
    Turn.objects.put([place for row in gone for place in moments(row.id, refused[row.id])], now=now)
    return left | {name for row in gone if refused[row.id].hold for name in row.limits}
