"""Whether jobs whose time has come may start: decided under the locks of their rows, and of their lanes if they share
any. A job without policies is asked nothing here that its row does not say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs import blackouts, rules, targets
from jobs.calendars import NeverOpen, why_closed
from jobs.models import Job, Kind, Lane
from jobs.states import Blackout, Hold, IfLate, Overlap, State
from jobs.transitions import lanes
from jobs.transitions.dependencies import ending as dependencies
from jobs.transitions.refusals import Refusal, Row, write

NEAR = timedelta(milliseconds=1)  # a start that is due within this is due
REASON_LIMIT = 10_000  # characters


def refuse(rows: Collection[Row], *, now: datetime) -> set[int]:
    """Decide about these, in the transaction that has them locked, and write down what becomes of those that do not
    start now. Returns their ids."""
    bound = blackouts.rules_of([row.id for row in rows if row.calendar_id is not None])
    leaving = {
        row.id: refusal
        for row in rows
        if (refusal := _by_itself(row, now) or _by_calendar(row, bound.get(row.id), now)) is not None
    }
    refused = dict(leaving)
    sharing = sorted((row for row in rows if row.lanes), key=lambda row: (row.run_at, row.id))
    if sharing:
        names = {name for row in sharing for name in row.lanes}
        lanes.lock(names)
        refused |= _by_lanes([row for row in sharing if row.id not in leaving], names, leaving, now)
    for row in rows:
        if row.id in refused:
            write(row, refused[row.id], now)
    ended = [job_id for job_id, refusal in refused.items() if refusal.state is not None]
    if ended:
        dependencies.ended(ended, now=now)
    _pass_on(sharing, refused, leaving, now)
    return set(refused)


def _pass_on(sharing: Sequence[Row], refused: Mapping[int, Refusal], leaving: Collection[int], now: datetime) -> None:
    """It may have been the turn of one that does not take it."""
    gone = [row for row in sharing if row.id in leaving or (row.id in refused and row.turn_at is not None)]
    if gone:
        # Those that are about to start are not RUNNING yet: they must count.
        starting = [row.id for row in sharing if row.id not in refused]
        Job.objects.filter(pk__in=starting).update(turn_at=now)
        lanes.release({name for row in gone for name in row.lanes}, now=now)


def _by_itself(row: Row, now: datetime) -> Refusal | None:
    late = (now - row.run_at).total_seconds()
    if row.start_within is not None and late > row.start_within:
        why = f"It could have started {late:.1f} s after its time; it was to start within {row.start_within} s."
        return Refusal(why, hold=Hold.PERSON) if row.if_late == IfLate.HOLD else Refusal(why, State.SKIPPED)
    broken = rules.why_not_startable(row.target, row.payload)
    if broken:
        return Refusal(broken[:REASON_LIMIT], State.FAILED)
    if row.approved_at is None and targets.is_dangerous(row.target):
        return Refusal(f"The target {row.target} needs the approval of a second person.", hold=Hold.APPROVAL)
    return None


def _by_calendar(row: Row, rule: blackouts.Rule | None, now: datetime) -> Refusal | None:
    """A start that comes late into closed time is one in closed time."""
    if rule is None:
        return None
    if rule.broken:
        return Refusal(rule.broken, hold=Hold.PERSON)
    start = max(now, row.due)
    if rule.blackout == Blackout.SKIP:
        closed = why_closed(rule.calendar, start)
        return Refusal(f"The calendar '{rule.calendar.name}' was closed: {closed}.", State.SKIPPED) if closed else None
    try:  # what is earlier is over
        placed = blackouts.place(rule.calendar, Blackout.NEXT, start, now=now)
    except NeverOpen as error:
        return Refusal(str(error), hold=Hold.PERSON)
    return Refusal(placed.why, run_at=placed.run_at) if placed.why else None


@dataclass
class _Lanes:
    """What the decisions of one transaction share. `taken` grows with each job that may start."""

    rules: dict[lanes.Name, Lane]
    taken: dict[lanes.Name, list[int]]
    stepped: set[lanes.Name] = field(default_factory=set)


def _by_lanes(
    rows: Sequence[Row], names: Collection[lanes.Name], without: Collection[int], now: datetime
) -> dict[int, Refusal]:
    """In the order of their time. Those `without` leave, and are not written down yet."""
    occupied = {name: [one for one in ids if one not in without] for name, ids in lanes.occupied(names).items()}
    seen = _Lanes(lanes.rules_of(names), occupied)
    refused: dict[int, Refusal] = {}
    for row in rows:
        refusal = _paused(row, seen) or _by_rate(row, seen, now) or _by_queue(row, seen) or _by_key(row, seen)
        if refusal is not None:
            refused[row.id] = refusal
        for name in row.lanes:
            if refusal is None and row.id not in seen.taken[name]:
                seen.taken[name].append(row.id)
            elif refusal is not None and row.id in seen.taken[name]:
                seen.taken[name].remove(row.id)  # its turn is over
    for name in seen.stepped:
        Lane.objects.filter(pk=seen.rules[name].pk).update(next_start_at=seen.rules[name].next_start_at)
    return refused


def _paused(row: Row, seen: _Lanes) -> Refusal | None:
    for name in row.lanes:
        rule = seen.rules.get(name)
        if rule is not None and rule.paused_at is not None:
            why = f": {rule.pause_reason}" if rule.pause_reason else ""
            return Refusal(f"The {name} was paused{why}.", hold=lanes.HOLDS[name.kind], anew=True)
    return None


def _by_rate(row: Row, seen: _Lanes, now: datetime) -> Refusal | None:
    """A rate hands out moments, each once: who comes too early is given the next free one, and keeps it."""
    limited = [name for name in row.lanes if name in seen.rules and seen.rules[name].rate is not None]
    if not limited or row.not_before is not None:
        return None
    moment = start = max(now, row.run_at)
    for name in limited:
        rule = seen.rules[name]
        step = timedelta(seconds=1 / (rule.rate or 1))
        steady = rule.next_start_at or start
        moment = max(moment, steady - (rule.burst - 1) * step)
        rule.next_start_at = max(steady, moment) + step
        seen.stepped.add(name)
    if moment - start <= NEAR:
        return None
    named = " and the ".join(str(name) for name in limited)
    return Refusal(f"The rate of the {named} gave it {moment:%Y-%m-%d %H:%M:%S.%f} UTC.", not_before=moment)


def _by_queue(row: Row, seen: _Lanes) -> Refusal | None:
    name = lanes.Name(Kind.QUEUE, row.queue)
    rule = seen.rules.get(name)
    others = [job_id for job_id in seen.taken[name] if job_id != row.id]
    if rule is None or rule.concurrency is None or len(others) < rule.concurrency:
        return None
    return Refusal(f"The {name} was full: {len(others)} of it ran.", hold=Hold.QUEUE)


def _by_key(row: Row, seen: _Lanes) -> Refusal | None:
    if row.key is None:
        return None
    name = lanes.Name(Kind.KEY, row.key)
    cap = seen.rules[name].concurrency if name in seen.rules else None
    limit = min(row.key_limit, cap or row.key_limit)
    others = [job_id for job_id in seen.taken[name] if job_id != row.id]
    if row.overlap == Overlap.ALLOW or len(others) < limit:
        return None
    ran = f"Job {others[0]} of the {name} ran" if len(others) == 1 else f"{len(others)} jobs of the {name} ran"
    if row.overlap == Overlap.SKIP:
        return Refusal(f"{ran} at its time.", State.SKIPPED)
    if row.overlap == Overlap.JOIN:
        return Refusal(f"{ran} at its time and stands for it.", State.SKIPPED, joined_id=others[0])
    return Refusal(f"{ran} at its time.", hold=Hold.KEY, instead_of=others if row.overlap == Overlap.CANCEL else ())
