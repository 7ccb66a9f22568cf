"""Finds the turns that have come unnoticed, and the places that are nobody's: whoever frees a place looks who is next,
this is for those that died before, for rows that somebody had locked, and for what SQL has done. And waits for other
jobs that are over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from jobs.clock import steady
from jobs.conf import conf
from jobs.database import transaction
from jobs.events import emit
from jobs.events.scheduler import TurnsPutRight, WaitersPutRight
from jobs.models import Job, Kind, Turn
from jobs.transitions.dependencies import runs, unblock
from jobs.transitions.limits.names import Name, named
from jobs.transitions.limits.promotion import promote

AT_A_TIME = 1000  # rows, or lines, that one statement looks at
SECONDS = 2.0  # for one call: what is left is looked at first by the next
RUNS = 200  # runs of schedules that are looked at together
NEAR = 3  # windows before their time
ALL_EVERY = timedelta(minutes=1)
RUNS_EVERY = 1.0  # seconds, while one waits


class Turns:
    """Remembers where it stopped, so that nothing is passed by for ever."""

    def __init__(self) -> None:
        self._after_row = 0
        self._after_line = dict.fromkeys(Kind, "")

    def __call__(self, *, now: datetime, seconds: float = SECONDS) -> int:
        """Delete the places that are nobody's and give those that are free to who waits; return how many limits had
        something to do. One statement where nobody shares a limit."""
        self.more = False
        if not Turn.objects.anybody_blocked():
            return 0
        until = steady() + seconds
        with transaction.atomic():
            Turn.objects.count_in(now=now, limit=AT_A_TIME)
        found = self._nobodys(now, until)
        self._promote(found, now, until)
        for kind in Kind:
            self._lines(kind, now, until)
        self.more = steady() >= until
        return len(found)

    def _nobodys(self, now: datetime, until: float) -> set[Name]:
        """Delete turns that nobody has taken in time, and places of jobs that do not run. Returns the limits that have
        room now."""
        expired = Turn.objects.expire(now=now, limit=AT_A_TIME)
        orphans: list[tuple[str, str]] = []
        begun = self._after_row
        while steady() < until:
            self._after_row, gone = Turn.objects.delete_orphans(after=self._after_row, limit=AT_A_TIME)
            orphans += gone
            if self._after_row in (0, begun):
                break
        if expired or orphans:
            emit(TurnsPutRight(len(expired), len(orphans)))
        return named([*expired, *orphans])

    def _lines(self, kind: Kind, now: datetime, until: float) -> None:
        while steady() < until:
            names = Turn.objects.lines(kind, after=self._after_line[kind], limit=AT_A_TIME)
            self._promote((Name(kind, name) for name in names), now, until)
            if steady() >= until:
                return  # from there again
            self._after_line[kind] = names[-1] if len(names) == AT_A_TIME else ""
            if not self._after_line[kind]:
                return

    def _promote(self, names: Iterable[Name], now: datetime, until: float) -> None:
        promote(list(names), now=now, seconds=max(until - steady(), 0.0))


turns = Turns()  # of this process


def waits(*, now: datetime) -> int:
    """Let go of those that have waited enough for other jobs, and skip those that wait in vain; return how many: there
    may be more. One statement where there are none."""
    found = Job.objects.waited_enough(unblock.AT_ONCE)
    if not found:
        return 0
    with transaction.atomic():
        unblocked = unblock.unblock_or_skip(found, now=now)
    if unblocked:
        emit(WaitersPutRight(unblocked))
    return unblocked


class WaitingRuns:
    """Lets go of runs that wait for those of other schedules: where there is nothing to wait for, where what they wait
    for has no job that could end, and where its end has overlooked them. Whoever ends the last one does it himself.

    Those whose time is near are looked at each second, where there are any, all of them once a minute. Remembers where
    it stopped."""

    def __init__(self) -> None:
        self._after = 0
        self._found = False
        self._before: datetime | None = None
        self._looked_at_all: datetime | None = None

    def __call__(self, *, now: datetime, seconds: float = SECONDS) -> float:
        """Return the seconds until the next look. One statement where no run waits."""
        until = steady() + seconds
        self._found = False
        if not self._after:
            everything = self._looked_at_all is None or not timedelta() <= now - self._looked_at_all < ALL_EVERY
            self._looked_at_all = now if everything else self._looked_at_all
            self._before = None if everything else now + timedelta(seconds=NEAR * conf().min_prepare_time)
        while self._some(now) and steady() < until:
            pass
        if self._after:
            return 0.0
        return RUNS_EVERY if self._found else conf().min_prepare_time

    def _some(self, now: datetime) -> bool:
        waiting = Job.objects.waiting_runs(before=self._before, after=self._after, limit=RUNS)
        self._after = waiting[-1].pk if len(waiting) == RUNS else 0
        self._found |= bool(waiting)
        # Without their locks: an end passes by whom we look at.
        verdicts = runs.judge(waiting, now=now)
        over = [job_id for job_id, verdict in verdicts.items() if verdict.free or verdict.vain]
        if over:
            with transaction.atomic():
                unblock.unblock_or_skip(over, now=now)
        return bool(self._after)


waiting_runs = WaitingRuns()  # of this process
