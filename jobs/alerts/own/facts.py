"""Facts by which the rules of people are judged: a statement for each kind of event that any of them is about, however
many rules there are, and asked when the first rule needs it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

from jobs.models import AlertRule, Job
from jobs.models.querysets import watching
from jobs.models.querysets.watching import Seen, Unfinished
from jobs.models.rollups.durations import lengths_of
from jobs.objectives.limits import StartLimits, start_limits

T = TypeVar("T")
Row = TypeVar("Row", Seen, Unfinished)

LATELY = timedelta(minutes=10)
MOST_RULES = 1_000
MOST_LATE = 1_000
FEWEST_ENDS = 20  # by which a 95th percentile is one
ONE_LIFE = (AlertRule.Kind.SCHEDULE, AlertRule.Kind.JOB)  # a failure of these is over with a later success
Kind, When = AlertRule.Kind, AlertRule.When


class Found(dict[tuple[str, str], list[Row]]):
    """Rows by what rules are about, in their order: so a rule looks at its own, not at all."""

    def of(self, rule: AlertRule) -> Sequence[Row]:
        """Return what this rule is about; of a team's rule, what is this team's."""
        rows = self.get((rule.kind, rule.name), [])
        only = rule.only_team
        return rows if only is None else [one for one in rows if _seen(one).team == only]


class OwnFacts:
    """Facts of one moment. Each is asked once, when somebody wants it; where that fails, whoever wants it next hears of
    the same failure, and nothing is asked again. Raises DatabaseError."""

    def __init__(self, rules: Collection[AlertRule], now: datetime) -> None:
        self._rules, self._now, self._since = rules, now, now - LATELY
        self._failures: dict[str, Exception] = {}

    @cached_property
    def failed(self) -> Found[Seen]:
        return self._once("failed", lambda: _found(watching.failed(self._since)))

    @cached_property
    def still_failed(self) -> Found[Seen]:
        """Return the schedules and jobs, that rules are about, whose last end was a failure."""
        found: Found[Seen] = Found()
        for seen in self._once("still", lambda: watching.still_failed(*self._named(When.FAILED), self._now)):
            found.setdefault(
                (Kind.SCHEDULE, seen.last_of) if seen.last_of else (Kind.JOB, str(seen.job_id)), []
            ).append(seen)
        return found

    @cached_property
    def recovered(self) -> Found[Seen]:
        named = self._named(When.RECOVERED)
        return self._once("recovered", lambda: _found(watching.recovered(*named, self._since, self._now)))

    @cached_property
    def late(self) -> Found[Seen]:
        """Return the jobs, due lately, that have started later than their objectives allow."""

        def ask() -> Found[Seen]:
            started = Job.objects.started_late(self.limits.as_expression, self._since, self._now)
            return _found(watching.whole(started[:MOST_LATE]))

        return self._once("late", ask)

    @cached_property
    def missed(self) -> Found[Seen]:
        return self._once("missed", lambda: _found(watching.missed(self._since)))

    @cached_property
    def interrupted(self) -> Found[Seen]:
        return self._once("interrupted", lambda: _found(watching.interrupted()))

    @cached_property
    def unfinished(self) -> Found[Unfinished]:
        return self._once("unfinished", lambda: _found(watching.unfinished(self._now)))

    @cached_property
    def usual(self) -> Mapping[str, float]:
        """Return by target the seconds that 95 % of its bodies take at most, of what runs and rules ask for."""
        rules = [one for one in self._rules if one.when == When.LONG and one.seconds is None]
        running = {one.seen.target for rule in rules for one in self.unfinished.of(rule) if one.runs}

        def ask() -> dict[str, float]:
            found = lengths_of(running, now=self._now, fewest=FEWEST_ENDS)
            return {target: one.p95 / 1000 for target, one in found.items()}

        return self._once("usual", ask)

    @cached_property
    def limits(self) -> StartLimits:
        return self._once("limits", start_limits)

    def _named(self, when: AlertRule.When) -> tuple[list[str], list[int]]:
        """Return the schedules and the jobs of which rules want this."""
        rules = [one for one in self._rules if one.when == when]
        schedules = [one.name for one in rules if one.kind == Kind.SCHEDULE]
        return schedules, [one.job_id for one in rules if one.job_id is not None]

    def _once(self, name: str, ask: Callable[[], T]) -> T:
        if name in self._failures:
            raise self._failures[name]
        try:
            return ask()
        except Exception as error:
            self._failures[name] = error
            raise


def ask(rules: Collection[AlertRule], now: datetime) -> OwnFacts:
    """Return what these rules are about; it is asked when it is wanted."""
    return OwnFacts(rules, now)


def _seen(row: Seen | Unfinished) -> Seen:
    return row if isinstance(row, Seen) else row.seen


def _found(rows: Iterable[Row]) -> Found[Row]:
    by: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        seen = _seen(row)
        by[Kind.TARGET.value, seen.target].append(row)
        by[Kind.SCHEDULE.value, seen.schedule].append(row)
        by[Kind.QUEUE.value, seen.queue].append(row)
        by[Kind.TEAM.value, seen.team].append(row)
        by[Kind.JOB.value, str(seen.job_id)].append(row)
    return Found(by)
