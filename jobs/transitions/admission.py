"""Decides whether jobs whose time has come may start, as far as they themselves and their calendars are concerned,
under the locks of their rows. What they share with others is jobs/transitions/limits/."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from jobs import blackouts, rules, sentences
from jobs.calendars import NeverOpen, why_closed
from jobs.conf import conf
from jobs.rights import target_rules
from jobs.secrets import Referring
from jobs.states import Blackout, Cause, Hold, IfLate, State
from jobs.transitions.refusals import Refusal, Row

REASON_LIMIT = 10_000  # characters
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0  # seconds until another worker is asked: as long as it is late already


def refusals(rows: Collection[Row], *, now: datetime) -> dict[int, Refusal]:
    """Return by id why jobs do not start now; those that may start are not in it. The caller has their rows."""
    bound = blackouts.rules_of([row.id for row in rows if row.calendar_id is not None])
    return {
        row.id: refusal
        for row in rows
        if (refusal := _by_itself(row, now) or _by_calendar(row, bound.get(row.id), now)) is not None
    }


def _by_itself(row: Row, now: datetime) -> Refusal | None:
    late = (now - row.run_at).total_seconds()
    if row.start_within is not None and late > row.start_within:
        why = sentences.TOO_LATE(late=late, within=row.start_within)
        return Refusal(why, hold=Hold.PERSON) if row.if_late == IfLate.HOLD else Refusal(why, State.SKIPPED, Cause.LATE)
    if off := target_rules.why_switched_off(row.target):
        return Refusal(off[:REASON_LIMIT], hold=Hold.PERSON)
    broken = rules.why_not_startable(row.target, row.payload)
    if not broken and isinstance(row.payload, Referring):
        broken = rules.why_not_lent(row.payload, row.labels, row.queue)
    if broken:
        return _not_by_us(row, broken[:REASON_LIMIT], now)
    if row.approved_at is None and target_rules.is_dangerous(row.target, row.payload):
        return Refusal(sentences.APPROVAL(target=row.target), hold=Hold.APPROVAL)
    return None


def _not_by_us(row: Row, why: str, now: datetime) -> Refusal:
    """Have other workers asked, which may be of another release and know the target or the argument, until MaxDelayTime
    is over: then the job fails."""
    c = conf()
    late = (now - row.due).total_seconds()
    if late > c.max_delay_time:
        return Refusal(why, State.FAILED, Cause.TARGET)
    pause = min(max(late + c.arm_lead, FIRST_PAUSE), LONGEST_PAUSE)
    again = max(row.due, now + timedelta(seconds=c.arm_lead + pause))
    return Refusal(sentences.NOT_BY_US(why=why), ask_again=again)


def _by_calendar(row: Row, rule: blackouts.Rule | None, now: datetime) -> Refusal | None:
    """Judge by the calendar; a start that comes late into closed time is one in closed time. Returns None if it may
    start."""
    if rule is None:
        return None
    if rule.broken:
        return Refusal(rule.broken, hold=Hold.PERSON)
    start = max(now, row.due)
    if rule.blackout == Blackout.SKIP:
        closed = why_closed(rule.calendar, start)
        why = sentences.CLOSED(calendar=rule.calendar.name, closed=closed)
        return Refusal(why, State.SKIPPED, Cause.CALENDAR) if closed else None
    try:  # what is earlier is over
        placed = blackouts.place(rule.calendar, Blackout.NEXT, start, now=now)
    except NeverOpen as error:
        return Refusal(str(error), hold=Hold.PERSON)
    return Refusal(placed.why, run_at=placed.run_at) if placed.why else None
