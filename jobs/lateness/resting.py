"""Tells why a job that nothing held back started late: what went on between its time and its start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from jobs.lateness.causes import LateCause
from jobs.lateness.facts import Facts
from jobs.models import Outage, Stop, Worker
from jobs.spans import measured

ACQUIRE_SLACK = timedelta(milliseconds=150)  # an arm that takes longer than this was held up

Found = tuple[LateCause, str]


def rest(facts: Facts) -> Found:
    """Return the cause, and the words that follow "it started 500 ms late:"."""
    ways: Sequence[Callable[[Facts], Found | None]] = (
        _entered_late,
        _stopped,
        _away,
        _led_by_nobody,
        _lost,
        _published,
        _taken,
    )
    return next(found for way in ways if (found := way(facts)) is not None)


def _entered_late(facts: Facts) -> Found | None:
    """A worker had it, and its body was entered late."""
    locked_at, start, due = facts.job.locked_at, facts.job.execute_at, facts.due
    if locked_at is None or start is None:
        return None
    to_start = f"({_gap(locked_at, start)} from the row lock to the start)."
    if locked_at <= due - facts.arm_lead + ACQUIRE_SLACK:
        had = "its worker had it in time but reached its body late"
    elif start - max(locked_at, due) > (start - due) / 2:
        had = f"its worker had it {_gap(facts.job.run_at, locked_at)} after it was due and reached its body later still"
    else:
        return None
    return LateCause.HOST_BUSY, f"{had}, so its host was short of CPU or held up {to_start}"


def _stopped(facts: Facts) -> Found | None:
    """Everything was stopped until about its start."""
    by = next((stop for stop in facts.stops if _kept(stop, facts)), None)
    if by is None:
        return None
    until = "somebody ends that" if by.until is None else _utc(by.until)
    return LateCause.STOP, f"all starts were stopped from {by.begins_at:%Y-%m-%d %H:%M:%S} until {until}. {by.reason}"


def _kept(stop: Stop, facts: Facts) -> bool:
    until, taken = stop.until, facts.taken + facts.arm_lead
    if facts.job.locked_at is None and (until is None or until > facts.now):
        return stop.begins_at <= max(facts.due, facts.now)
    if until is None or not facts.job.run_at < until <= taken:
        return False
    return (until - facts.due) * 2 >= facts.taken - facts.due


OF = {
    Outage.Of.BROKER: LateCause.BROKER,
    Outage.Of.DATABASE: LateCause.DATABASE,
    Outage.Of.LEADER: LateCause.FAILOVER,
}


def _away(facts: Facts) -> Found | None:
    """Broker, database or leader was away for the longest part."""
    due, taken = facts.due, facts.taken
    parts = [(min(one.until, taken) - max(one.since, due), one) for one in facts.outages]
    longest, by = max(parts, key=lambda part: part[0], default=(timedelta(), None))
    if by is None or longest <= timedelta() or longest * 2 < taken - due:
        return None
    what = "no beat led" if by.of == Outage.Of.LEADER else f"{Outage.Of(by.of).label} was away"
    return OF[Outage.Of(by.of)], f"{what} from {by.since:%Y-%m-%d %H:%M:%S} until {_utc(by.until)}."


def _led_by_nobody(facts: Facts) -> Found | None:
    """Find that another beat took over after its time, and published it."""
    job, leader = facts.job, facts.leader
    elected_at = leader.elected_at if leader is not None else None
    if leader is None or elected_at is None or not facts.due - facts.arm_lead < elected_at <= facts.taken:
        return None
    if job.enqueued_at is not None and job.enqueued_at < elected_at:
        return None
    if ((job.enqueued_at or facts.now) - facts.due) * 2 < facts.taken - facts.due:
        return None
    why = (
        f"no beat led until another took over, as leader no. {leader.epoch}, "
        f"{_gap(facts.job.run_at, elected_at)} after it was due."
    )
    return LateCause.FAILOVER, why


def _lost(facts: Facts) -> Found | None:
    """A worker of its queue vanished meanwhile, and its message went out again."""
    if facts.job.deliveries < 2:
        return None
    gone = next((life for life in facts.lives if _vanished(life, facts)), None)
    if gone is None:
        return None
    why = (
        f"worker {gone.name}, which was heard of last at {_utc(gone.heartbeat_at)}, vanished with its message; "
        f"that was published {facts.job.deliveries} times."
    )
    return LateCause.WORKER_LOST, why


def _vanished(life: Worker, facts: Facts) -> bool:
    if life.stopped_at is not None or facts.job.queue not in life.queues:
        return False
    silent = life.gone_at is not None or life.heartbeat_at < facts.now - facts.patience
    return silent and facts.due - facts.patience < life.heartbeat_at <= facts.taken


def _published(facts: Facts) -> Found | None:
    """Find that its message came too late."""
    published, due = facts.job.enqueued_at, facts.due
    if published is None:
        why = "no beat has published it: see that one is running and leading."
        return None if facts.job.locked_at is not None else (LateCause.PUBLISHED_LATE, why)
    of_next = facts.missed_moment is not None  # its first message has come to a worker
    if of_next or facts.job.deliveries > 1 or published <= due - facts.arm_lead:
        return None
    if published <= due > facts.job.run_at:
        return None  # something held it back, and it was published when that was over
    if published <= due:
        return LateCause.PUBLISHED_LATE, f"it was published only {_gap(published, due)} before it was due."
    if published - due < facts.taken - published:
        return None
    why = f"it was published {_gap(due, published)} after it was due: the beat was away, or its row was committed late."
    return LateCause.PUBLISHED_LATE, why


def _taken(facts: Facts) -> Found:
    """No worker took it in time."""
    job = facts.job
    slots = sum(life.slots for life in facts.serving)
    again = job.deliveries > 1
    if again:
        why = f"its message had to be published {job.deliveries} times: one was lost, or no slot was free."
    elif job.locked_at is None:
        why = f"no worker has taken it since it was due, {_gap(job.run_at, facts.now)} ago."
    else:
        why = f"a worker acquired it {_gap(job.run_at, job.locked_at)} after it was due."
    why += _busy(facts)
    if slots == 0 and not facts.outlives_workers:
        return LateCause.NO_WORKER, why
    if 0 < slots <= (facts.busy or 0):
        return LateCause.SLOTS, why
    return (LateCause.REPUBLISHED if again else LateCause.ACQUIRED_LATE), why


def _busy(facts: Facts) -> str:
    """Return the slots of its queue when it was due, and how many were taken."""
    queue, slots, busy = facts.job.queue, sum(life.slots for life in facts.serving), facts.busy or 0
    if slots == 0 and facts.outlives_workers:
        return f" Which workers took from queue {queue} then is not kept any more."
    if slots == 0:
        return f" No worker took from queue {queue} then."
    if busy >= slots:
        return f" All {slots} slots of queue {queue} were busy."
    return f" {busy} of the {slots} slots of queue {queue} were busy."


def _gap(start: datetime, end: datetime) -> str:
    return measured((end - start).total_seconds() * 1000)


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
