"""Decides why a job started late, or has not started: pure functions over what is known of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from jobs import sentences
from jobs.lateness.causes import LateCause
from jobs.lateness.facts import Facts, is_placed, was_lost
from jobs.lateness.resting import rest
from jobs.models import Verb
from jobs.spans import measured
from jobs.states import Hold

# Of what jobs/transitions/ stores of why a job was held back.
CAUSES_OF_SENTENCES = (
    (sentences.PAUSED, LateCause.PAUSE),
    (sentences.RATE_GAVE_ANEW, LateCause.RATE),
    (sentences.RATE_GAVE, LateCause.RATE),
    (sentences.RATE_HAD_NONE, LateCause.RATE),
    (sentences.FULL, LateCause.QUEUE_LIMIT),
    (sentences.OTHERS_BEFORE, LateCause.QUEUE_LIMIT),
    (sentences.RAN, LateCause.KEY),
    (sentences.ABOUT_TO_START, LateCause.KEY),
    (sentences.WAITED_FOR, LateCause.DEPENDENCIES),
    (sentences.APPROVAL, LateCause.APPROVAL),
    (sentences.STOPPED, LateCause.STOP),
    (sentences.NOT_BY_US, LateCause.TARGET),
    (sentences.TOO_LATE, LateCause.PERSON),
    (sentences.SWITCHED_OFF, LateCause.PERSON),
    (sentences.UNUSABLE, LateCause.PERSON),
    (sentences.NEVER_OPEN, LateCause.PERSON),
)
OF_CALENDARS = (sentences.MOVED, sentences.CLOSED, sentences.UNUSABLE, sentences.NEVER_OPEN)
CAUSES_OF = {
    Hold.APPROVAL: LateCause.APPROVAL,
    Hold.DEPENDENCIES: LateCause.DEPENDENCIES,
    Hold.PERSON: LateCause.PERSON,
    Hold.KEY: LateCause.KEY,
    Hold.QUEUE: LateCause.QUEUE_LIMIT,
}


class Reason(NamedTuple):
    """A cause, and the words that follow "it started 500 ms late:"; they end with a full stop."""

    cause: LateCause
    why: str


class _Span(NamedTuple):
    """A part of the time by which a job was late, and whose it was; None: nothing that was written down with it."""

    since: datetime
    until: datetime
    reason: Reason | None

    @property
    def length(self) -> timedelta:
        return self.until - self.since


def wanted_at(facts: Facts) -> datetime:
    """Return when the job was to start: as it was asked for, whatever its calendar or a lost worker has made of it."""
    job = facts.job
    lost = _lost_start(facts)
    return min([job.run_at, *([job.asked_run_at] if job.asked_run_at else []), *([lost[0]] if lost else [])])


def decide(facts: Facts) -> Reason:
    """Return why the job is late, or has started late: of all that held it back what took the longest."""
    written = _written(facts)
    free = max(facts.due, *(span.until for span in written)) if written else facts.due
    spans = [span for span in (*written, _Span(free, facts.end, None)) if span.length > timedelta()]
    longest = max(spans, key=lambda span: span.length, default=None)
    if longest is None or longest.reason is None:
        return Reason(*rest(facts))
    return longest.reason


def _written(facts: Facts) -> list[_Span]:
    """Return the parts of which is written down with the job what they were for."""
    job, spans = facts.job, []
    if lost := _lost_start(facts):
        spans.append(_Span(lost[0], job.run_at, lost[1]))
    if job.asked_run_at is not None:
        why = job.waited_for if _is_of_calendar(job.waited_for) else "its calendar has moved it."
        spans.append(_Span(job.asked_run_at, job.run_at, Reason(LateCause.CALENDAR, why)))
    if job.created_at > job.run_at:
        why = f"it was created {gap(job.run_at, job.created_at)} after it was due."
        spans.append(_Span(job.run_at, job.created_at, Reason(LateCause.CREATED_LATE, why)))
    since = max(job.run_at, job.created_at)
    if edited := _edited(facts, since):
        spans.append(_Span(since, *edited))
    if held := _kept_back(facts):
        spans.append(_Span(since, facts.end if job.holds else facts.due, held))
    elif job.approved_at is not None and job.approved_at > since:
        why = f"it was approved {gap(job.run_at, job.approved_at)} after it was due."
        spans.append(_Span(since, job.approved_at, Reason(LateCause.APPROVAL, why)))
    return spans


def _kept_back(facts: Facts) -> Reason | None:
    job = facts.job
    if job.holds:
        held = next(hold for hold in Hold if hold & job.holds)
        found = cause_of_words(job.waited_for) if held in (Hold.KEY, Hold.QUEUE) else None
        why = job.waited_for or f"it waits for {held.words}."
        return Reason(found or CAUSES_OF[held], why)
    cause = cause_of_words(job.waited_for)
    return None if cause is None or is_placed(job) else Reason(cause, job.waited_for)


def cause_of_words(waited_for: str) -> LateCause | None:
    """Return the cause that this sentence of ours says; None if it says none."""
    for sentence, cause in CAUSES_OF_SENTENCES:
        said = sentence.read(waited_for)
        if said is not None:
            is_of_key = cause == LateCause.QUEUE_LIMIT and said["limit"].startswith("key ")
            return LateCause.KEY if is_of_key else cause
    return None


def _is_of_calendar(words: str) -> bool:
    return any(one.read(words) is not None for one in OF_CALENDARS)


def _edited(facts: Facts, since: datetime) -> tuple[datetime, Reason] | None:
    """Return the last change of the job after its time and before its start, if it says of one."""
    changes = [row for row in facts.audit if row.verb != Verb.APPROVE and since < row.at < facts.taken]
    if not changes:
        return None
    last = changes[-1]
    what = "moved" if last.verb == Verb.RESCHEDULE else "changed" if last.verb == Verb.EDIT else last.get_verb_display()
    why = f"somebody has {what} it {gap(facts.job.run_at, last.at)} after it was due."
    return last.at, Reason(LateCause.EDITED, why)


def _lost_start(facts: Facts) -> tuple[datetime, Reason] | None:
    """Return when the start before this one was due, if its worker vanished with it and it came again by itself."""
    job = facts.job
    before = [start for start in facts.starts if start.number < job.attempt or job.locked_at is None]
    chain = []
    for start in reversed(before):
        if not was_lost(start) or _was_retried(facts, start.finished_at):
            break
        chain.append(start)
    if not chain:
        return None
    first, last = chain[-1], chain[0]
    if sentences.NOT_ENTERED.read(last.error) is not None:
        return first.run_at, Reason(LateCause.PAUSE, last.error)
    when = f"{last.finished_at:%Y-%m-%d %H:%M:%S} UTC"
    why = f"worker {last.worker} vanished with its start {last.number}; that was known at {when}, and it started again."
    return first.run_at, Reason(LateCause.WORKER_LOST, why)


def _was_retried(facts: Facts, since: datetime | None) -> bool:
    again = (Verb.RETRY, Verb.RUN_NOW, Verb.RESCHEDULE)
    return since is None or any(row.verb in again and row.at >= since for row in facts.audit)


def gap(start: datetime, end: datetime) -> str:
    """Return the time between two moments, for people."""
    return measured((end - start).total_seconds() * 1000)
