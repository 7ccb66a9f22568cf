"""Gives the free places of one limit to the heads of its line, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F

from jobs import publishing
from jobs.models import Job, Turn
from jobs.models.querysets import Listed
from jobs.models.querysets.turns import Place
from jobs.states import Hold
from jobs.transitions.limits.judge import View, judge
from jobs.transitions.limits.names import HOLDS, Name, try_for
from jobs.transitions.limits.standing import expiry, moments, room, views_of
from jobs.transitions.refusals import Refusal, Row

AT_A_TIME = 500  # jobs in one transaction, where each gets a place
FREED_AT_A_TIME = 2000  # where nothing limits them any more
LOOKED_AT = 20  # heads of a line beyond those for which there is room: one that another limit holds waits there then
BOTH = Hold.KEY | Hold.QUEUE


@dataclass
class Filled:
    """The result of filling. `more`: there may be room and somebody who waits; `locked`: somebody else decides about
    the limit, or has the rows; `also`: limits at which somebody is to look."""

    more: bool = False
    locked: bool = False
    also: set[Name] = field(default_factory=set)


def fill(name: Name, *, now: datetime, publish: bool) -> Filled:
    """Decide about the heads of this limit's line. What becomes free here without a limit is left to the list query
    unless `publish`.

    1. Try for the limit's advisory lock; return `locked` if somebody else has it.
    2. Count the room: places, and moments of its rate. Return if there is none, or nobody waits.
    3. Lock the heads of the line, by `run_at`, passing by rows that others have; try for the locks of their other
       limits.
    4. Judge each head: it gets its places; or the moment of a rate; or goes over into the line of another limit; or,
       when the line has no room for it, ends the round.
    5. Write that down in few statements, and publish at commit what may start.
    """
    views = views_of(try_for([name]), now=now)
    if name not in views:
        return Filled(locked=True)
    view = views[name]
    free = room(view, now=now)
    if view.occupied.head is None or free == 0:
        return Filled()
    wanted = FREED_AT_A_TIME if free is None else min(free + LOOKED_AT, AT_A_TIME)
    heads = Job.objects.line(name.kind, name.name, HOLDS[name.kind])[:wanted]
    rows = [Row._make(row) for row in heads.values_list(*Row._fields)]
    others = {other for row in rows for other in row.limits} - {name}
    views |= views_of(try_for(others), now=now)
    turn = _Turn(name, now, publish or free is not None)
    for row in rows:
        if not views.keys() >= set(row.limits):
            turn.passed_by = True  # somebody else decides about its other limit
            continue
        if not turn.see(row, views):
            turn.write()
            return Filled(also=turn.also, locked=turn.passed_by)
    turn.write()
    return Filled(more=len(rows) == wanted, locked=turn.passed_by or not rows, also=turn.also)


class _Turn:
    """A round of one line: what becomes of its heads, gathered for few statements."""

    def __init__(self, name: Name, now: datetime, publish: bool) -> None:
        self._name, self._now, self._publish = name, now, publish
        self._freed: list[Row] = []
        self._places: list[Place] = []
        self._later: list[tuple[Row, Refusal]] = []
        self._moved: list[tuple[Row, Refusal]] = []
        self.passed_by = False
        self.also: set[Name] = set()

    def see(self, row: Row, views: dict[Name, View]) -> bool:
        """Decide about this head. Returns False when the line is at its end, for now."""
        refusal = judge(row, views, now=self._now, until=publishing.horizon(self._now), from_line=self._name)
        if refusal is None:
            self._give(row, row.limits, views)
        elif refusal.state is not None or refusal.instead_of:
            # Its key is taken, and its policy is another than to wait: that is decided at its start.
            self._give(row, [name for name in row.limits if name == self._name], views)
        elif refusal.not_before is not None:
            self._later.append((row, refusal))
            for name in refusal.moment_of:
                views[name].reserve(row, refusal.not_before)
        elif refusal.by is None or refusal.by == self._name:
            return False
        else:
            self._moved.append((row, refusal))
            self.also.add(refusal.by)
        return True

    def _give(self, row: Row, names: list[Name], views: dict[Name, View]) -> None:
        self._freed.append(row)
        until = expiry(max(self._now, row.run_at))
        for name in names:
            views[name].give(row)
            self._places.append(Place(row.id, *name, until))

    def write(self) -> None:
        now, left = self._now, F("holds").bitand(~int(BOTH))
        Job.objects.filter(pk__in=[row.id for row in self._freed]).update(holds=left, turn_at=now, not_before=None)
        for row, refusal in self._later:
            Job.objects.filter(pk=row.id).update(holds=left, not_before=refusal.not_before, waited_for=refusal.why)
            self._places += moments(row.id, refusal)
        for row, refusal in self._moved:
            Job.objects.filter(pk=row.id).update(holds=left.bitor(int(refusal.hold)), waited_for=refusal.why)
        Turn.objects.put(self._places, now=now)
        due = [(row, row.run_at) for row in self._freed] if self._publish else []
        due += [(row, refusal.not_before) for row, refusal in self._later if refusal.not_before is not None]
        publishing.publish_at_commit([Listed.first(row, at) for row, at in due], now=now)
