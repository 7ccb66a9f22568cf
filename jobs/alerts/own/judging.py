"""Judges the rules of people by their facts: pure, but for settings and targets. A sentence says what happened
first; it stays as it is while the alert is open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from jobs import targets
from jobs.alerts.conditions import AT_ONCE, Condition, Rule
from jobs.alerts.own.facts import ONE_LIFE, OwnFacts
from jobs.calendars import zones
from jobs.conf import conf
from jobs.models import AlertRule, Level
from jobs.models.querysets.watching import RETRIED, Seen
from jobs.spans import span

TIMES_USUAL = 3
A_DAY = timedelta(days=1)
Kind, When = AlertRule.Kind, AlertRule.When


def judge(rules: Iterable[AlertRule], facts: OwnFacts, now: datetime) -> list[Condition]:
    """Return what is so of these rules: one condition of each at most."""
    found = (_first(rule, facts, now) for rule in rules)
    return [one for one in found if one is not None]


def deadline(rule: AlertRule, now: datetime) -> datetime:
    """Return the last moment until now by which a job of it has to have ended."""
    try:
        zone = zones.find(rule.time_zone or "UTC")
    except (KeyError, ValueError, OSError):  # SQL has written it
        zone = zones.find("UTC")
    local = now.astimezone(zone)
    at = datetime.combine(local.date(), rule.by_time or datetime.min.time(), zone)
    if at > local:
        at = datetime.combine(local.date() - A_DAY, rule.by_time or datetime.min.time(), zone)
    return at


def _first(rule: AlertRule, facts: OwnFacts, now: datetime) -> Condition | None:
    return next(WAYS[When(rule.when)](rule, facts, now), None)


def _failed(rule: AlertRule, facts: OwnFacts, now: datetime) -> Iterator[Condition]:
    rows = facts.still_failed if rule.kind in ONE_LIFE else facts.failed
    for seen in rows.of(rule):
        yield _condition(rule, seen, f"{_job(seen)} failed for good: {seen.what or 'its page says why'}.", retry=True)


def _recovered(rule: AlertRule, facts: OwnFacts, now: datetime) -> Iterator[Condition]:
    for seen in facts.recovered.of(rule):
        if seen.what == RETRIED:
            yield _condition(rule, seen, f"{_job(seen)} has completed. It had failed for good, and was retried.")
        elif rule.kind != Kind.JOB:  # of a job only that it has failed itself
            before = "the run before it" if seen.schedule else "the one before it of its target and key"
            yield _condition(rule, seen, f"{_job(seen)} has completed; {before} had failed for good.")


def _late(rule: AlertRule, facts: OwnFacts, now: datetime) -> Iterator[Condition]:
    for seen in facts.late.of(rule):
        yield _condition(rule, seen, f"{_job(seen)} started late. Its page says why.")
    for one in facts.unfinished.of(rule):
        seen = one.seen
        if not one.runs and now - one.since > facts.limits.of_named(seen.schedule, seen.target, seen.queue):
            yield _condition(rule, seen, f"{_job(seen)} is late and has not started. Its page says why.")


def _missed(rule: AlertRule, facts: OwnFacts, now: datetime) -> Iterator[Condition]:
    for seen in facts.missed.of(rule):
        sentence = f"Schedule '{seen.schedule}' has no run of {seen.at:%Y-%m-%d %H:%M:%S} UTC ({seen.what})."
        yield _condition(rule, seen, sentence)


def _interrupted(rule: AlertRule, facts: OwnFacts, now: datetime) -> Iterator[Condition]:
    for seen in facts.interrupted.of(rule):
        sentence = f"{_job(seen)} was interrupted: what was done is not known. Somebody has to decide."
        yield _condition(rule, seen, sentence, retry=True)


def _long(rule: AlertRule, facts: OwnFacts, now: datetime) -> Iterator[Condition]:
    for one in facts.unfinished.of(rule):
        usual = None if rule.seconds is not None or not one.runs else facts.usual.get(one.seen.target)
        most = rule.seconds if usual is None else TIMES_USUAL * usual
        if one.runs and most is not None and (now - one.since).total_seconds() > most:
            why = "" if rule.seconds is not None else f", {TIMES_USUAL} times as long as 95 % of its target take"
            yield _condition(rule, one.seen, f"{_job(one.seen)} runs for more than {span(most)}{why}.")


def _not_ended(rule: AlertRule, facts: OwnFacts, now: datetime) -> Iterator[Condition]:
    by = deadline(rule, now)
    for one in facts.unfinished.of(rule):
        if by - A_DAY < one.run_at <= by:
            what = "still runs" if one.runs else "has not started"
            at = f"{by:%H:%M} {rule.time_zone or 'UTC'}"
            yield _condition(rule, one.seen, f"{_job(one.seen)} was to have ended by {at} and {what}.")


WAYS = {
    When.FAILED: _failed,
    When.RECOVERED: _recovered,
    When.LATE: _late,
    When.MISSED: _missed,
    When.INTERRUPTED: _interrupted,
    When.LONG: _long,
    When.NOT_ENDED: _not_ended,
}


def _condition(rule: AlertRule, seen: Seen, sentence: str, *, retry: bool = False) -> Condition:
    name, kind, subject, own_rule = rule.key
    return Condition(
        Rule(name, Level(rule.level), AT_ONCE, sentence),
        sentence,
        " ".join(filter(None, [_retry(seen) if retry else "", _runbook(seen)])),
        subject=subject,
        kind=kind,
        own_rule=own_rule,
        link=f"/jobs/{seen.job_id}/" if seen.job_id is not None else f"/late/?span=24h&missed={seen.what}",
    )


def _job(seen: Seen) -> str:
    of = f"a run of schedule '{seen.schedule}', " if seen.schedule else ""
    return f"Job {seen.job_id} ({of}target {seen.target}, queue {seen.queue})"


def _retry(seen: Seen) -> str:
    return f"Retry it on its page: {conf().public_url}/jobs/{seen.job_id}/"


def _runbook(seen: Seen) -> str:
    """Return where it stands what to do; empty where the target says nothing, or this process does not know it."""
    known = targets.known(seen.target)
    return f"What to do: {known.runbook}" if known is not None and known.runbook else ""
