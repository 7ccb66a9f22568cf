"""Decides whether a job may start as far as its limits are concerned: pause, key, queue, and its rate last. All or
nothing: who is refused by one keeps no place of another, and no moment. Pure: what it looks at was read under the
limits' locks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jobs import sentences
from jobs.models import Kind, Limit
from jobs.models.querysets.turns import Occupied
from jobs.states import Cause, Overlap, State
from jobs.transitions.limits import rates
from jobs.transitions.limits.names import HOLDS, Name
from jobs.transitions.refusals import Refusal, Row


@dataclass
class View:
    """A limit as the decisions of one transaction share it: each changes it for the next."""

    name: Name
    rule: Limit | None
    occupied: Occupied
    steady: datetime | None = None  # when the next start would be due at a steady rate
    started: list[datetime] = field(default_factory=list)  # by this transaction

    def others(self, job_id: int) -> list[int]:
        """Return the jobs that have a place, without this one."""
        return [one for one in (*self.occupied.running, *self.occupied.given) if one != job_id]

    def is_ahead(self, row: Row) -> bool:
        """Return whether somebody has waited longer for the place that there is."""
        head = self.occupied.head
        return head is not None and (head.run_at, head.id) < (row.run_at, row.id)

    def has_turn(self, row: Row) -> bool:
        """Return whether this job's turn has come: the place is its own, and its rate was asked."""
        return row.id in self.occupied.given or row.id in self.occupied.running

    def has_moment(self, row: Row, now: datetime) -> bool:
        """Return whether this job would start at its moment of the limit's rate, or up to LATE after it. One that still
        has to come is no leave to start: its job is due before it when what another limit has given was taken back."""
        mine = self.occupied.reserved.get(row.id)
        return mine is not None and mine <= max(now, row.due) <= mine + rates.LATE

    def is_crowded(self, row: Row) -> bool:
        """Return whether so many others have moments of the limit's rate that no more are given."""
        return len(self.occupied.reserved) - (row.id in self.occupied.reserved) >= rates.MOST_RESERVED

    def moment(self, start: datetime, at_least: datetime, job_id: int | None = None) -> datetime:
        """Return the first moment, `at_least` that, which the limit's rate has for one more job that could start at
        `start`. Only for a limit with a rate. `job_id`: a job whose own moment may have passed. It is ahead of those
        with later ones that have come as well, and starts at once where the rate has room now, though another's moment
        is near: else whoever is always late would be put off for ever."""
        others = {other: taken for other, taken in self.occupied.reserved.items() if other != job_id}
        mine = None if job_id is None else self.occupied.reserved.get(job_id)
        if mine is None:
            return self._moment(start, at_least, others.values())
        before = [taken for taken in others.values() if taken <= mine]
        found = self._moment(start, at_least, before)
        if found - start <= rates.NEAR:
            return found
        return self._moment(start, at_least, [*before, *(taken for taken in others.values() if taken > start)])

    def _moment(self, start: datetime, at_least: datetime, reserved: Collection[datetime]) -> datetime:
        assert self.rule is not None  # noqa: S101 - only limits with a rate are asked
        assert self.rule.rate is not None  # noqa: S101
        return rates.moment(
            start,
            at_least=at_least,
            rate=self.rule.rate,
            burst=self.rule.burst,
            steady=self.steady,
            pledged=len(self.occupied.given),
            reserved=reserved,
        )

    def start(self, row: Row, at: datetime) -> None:
        """Count this job as started at that moment."""
        self._forget(row.id)
        self.occupied.running.append(row.id)
        if self.rule is not None and self.rule.rate is not None:
            self.steady = rates.after_start(self.steady, at, self.rule.rate)
            self.started.append(at)

    def give(self, row: Row) -> None:
        """Give this job a place: its turn has come."""
        self._forget(row.id)
        self.occupied.given.append(row.id)

    def reserve(self, row: Row, moment: datetime) -> None:
        """Note the moment that the rate has given this job."""
        self._forget(row.id)
        self.occupied.reserved[row.id] = moment

    def leave(self, row: Row) -> None:
        """Forget this job's place and moment."""
        self._forget(row.id)

    def _forget(self, job_id: int) -> None:
        for ids in (self.occupied.running, self.occupied.given):
            if job_id in ids:
                ids.remove(job_id)
        self.occupied.reserved.pop(job_id, None)


Views = Mapping[Name, View]


def judge(row: Row, views: Views, *, now: datetime, until: datetime, from_line: Name | None = None) -> Refusal | None:
    """Return why this job may not start, None if it may. Moments of rates are given up to `until`. `from_line`: the job
    is the head of this line, and overtakes nobody there."""
    mine = [views[name] for name in row.limits]
    for view in mine:
        if view.rule is not None and view.rule.paused_at is not None:
            why = f": {view.rule.pause_reason}" if view.rule.pause_reason else ""
            return _hold(view, sentences.PAUSED(limit=view.name, why=why))
    for view in mine:
        refusal = (_by_key if view.name.kind == Kind.KEY else _by_queue)(row, view, from_line)
        if refusal is not None:
            return refusal
    return _by_rate(row, mine, now=now, until=until, from_line=from_line)


def _by_queue(row: Row, view: View, from_line: Name | None) -> Refusal | None:
    cap = view.rule.concurrency if view.rule is not None else None
    others = view.others(row.id)
    if cap is None or view.has_turn(row):
        return None
    if len(others) >= cap:
        return _hold(view, sentences.FULL(limit=view.name, running=len(others)))
    if from_line != view.name and view.is_ahead(row):
        return _hold(view, _longer(view))
    return None


def _by_key(row: Row, view: View, from_line: Name | None) -> Refusal | None:
    cap = view.rule.concurrency if view.rule is not None else None
    most = min(row.key_limit, cap or row.key_limit)
    # Policies are about first starts: another start of a job waits for its turn, whatever runs.
    policy = Overlap.QUEUE if row.attempt and row.overlap != Overlap.ALLOW else row.overlap
    others = view.others(row.id)
    if policy == Overlap.ALLOW or view.has_turn(row):
        return None
    if len(others) < most:
        head = view.occupied.head
        if from_line == view.name or head is None or not view.is_ahead(row):
            return None
        others = [head.id]
    why = _who(view, others, " and counts for both" if policy == Overlap.JOIN else "")
    if policy == Overlap.SKIP:
        return Refusal(why, State.SKIPPED, Cause.RUNNING)
    if policy == Overlap.JOIN:
        return Refusal(why, State.SKIPPED, Cause.RUNNING, joined_id=others[0])
    running = [one for one in others if one in view.occupied.running]
    return _hold(view, why, instead_of=running if policy == Overlap.CANCEL else ())


def _who(view: View, others: list[int], joined: str) -> str:
    """Name these jobs in words that are true of each: a turn that has come is no run yet."""
    running = sum(one in view.occupied.running for one in others)
    who = f"Job {others[0]}" if len(others) == 1 else f"{len(others)} jobs"
    if running == len(others):
        return sentences.RAN(who=who, limit=view.name, more="", joined=joined)
    if len(others) > 1:
        return sentences.RAN(who=who, limit=view.name, more=" or were about to start", joined=joined)
    return sentences.ABOUT_TO_START(who=who, limit=view.name, joined=joined)


def _hold(view: View, why: str, instead_of: Sequence[int] = ()) -> Refusal:
    return Refusal(why, hold=HOLDS[view.name.kind], by=view.name, instead_of=instead_of)


def _longer(view: View) -> str:
    return sentences.OTHERS_BEFORE(limit=view.name)


def _by_rate(row: Row, mine: list[View], *, now: datetime, until: datetime, from_line: Name | None) -> Refusal | None:
    """Ask the rates for a moment. One that the job has been given before is its own until it has passed: what a stop of
    all workers has put off together does not start together. Asked before it has come, its rate gives it again."""
    start = max(now, row.run_at)
    asked = [view for view in mine if view.rule is not None and view.rule.rate is not None]
    asked = [view for view in asked if not view.has_turn(row) and not view.has_moment(row, now)]
    for view in asked:
        if view.name != from_line and row.id not in view.occupied.reserved and view.is_ahead(row):
            return _hold(view, _longer(view))
    found = start
    for _ in range(2):  # of two rates each may put off what the other has found
        for view in asked:
            found = max(found, view.moment(start, found, row.id))
    if found - start <= rates.NEAR:
        return None
    crowded = [view for view in asked if view.is_crowded(row)]
    if found >= until or crowded:
        view = (crowded or asked)[0]
        return _hold(view, sentences.RATE_HAD_NONE(limit=view.name))
    mine_were = [view.occupied.reserved[row.id] for view in asked if row.id in view.occupied.reserved]
    passed = [moment for moment in mine_were if moment <= start]
    if missed := sentences.missed_moment(row.waited_for) or min(passed, default=None):
        why = sentences.RATE_GAVE_ANEW(limit=asked[0].name, moment=found, passed=missed)
    else:
        more = "".join(f" and the {view.name}" for view in asked[1:])
        why = sentences.RATE_GAVE(limit=asked[0].name, more=more, moment=found)
    return Refusal(why, not_before=found, moment_of=[view.name for view in asked])
