"""Facts by which the rules of administrators are judged: a statement for each kind of event that any of them is about,
nine at most, however many rules there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs.models import AlertRule, Job
from jobs.models.querysets import watching
from jobs.models.querysets.watching import Seen, Unfinished
from jobs.models.rollups.durations import lengths_of
from jobs.objectives.limits import StartLimits, start_limits

LATELY = timedelta(minutes=10)
MOST_RULES = 1_000
MOST_LATE = 1_000
FEWEST_ENDS = 20  # by which a 95th percentile is one
ONE_LIFE = (AlertRule.Kind.SCHEDULE, AlertRule.Kind.JOB)  # a failure of these is over with a later success
When = AlertRule.When


@dataclass(frozen=True)
class OwnFacts:
    """Facts of one moment; of what no rule is about there is nothing. `still_failed`: of schedules and jobs, whose last
    end was a failure; `usual`: by target, the seconds that 95 % of its bodies take at most."""

    failed: Sequence[Seen] = ()
    still_failed: Sequence[Seen] = ()
    late: Sequence[Seen] = ()
    missed: Sequence[Seen] = ()
    interrupted: Sequence[Seen] = ()
    unfinished: Sequence[Unfinished] = ()
    usual: Mapping[str, float] = field(default_factory=dict)
    limits: StartLimits = field(default_factory=lambda: StartLimits(()))


def ask(rules: Collection[AlertRule], now: datetime) -> OwnFacts:
    """Ask what these rules are about. Raises DatabaseError."""
    whens = {one.when for one in rules}
    since = now - LATELY
    of_failure = [one for one in rules if one.when == When.FAILED]
    schedules = [one.name for one in of_failure if one.kind == AlertRule.Kind.SCHEDULE]
    jobs = [one.job_id for one in of_failure if one.job_id is not None]
    wants_unfinished = whens & {When.LONG, When.NOT_ENDED, When.LATE}
    unfinished = watching.unfinished(now) if wants_unfinished else []
    usual_of = {one.seen.target for one in unfinished if one.runs} if _wants_usual(rules) else set()
    limits = start_limits() if When.LATE in whens else StartLimits(())
    return OwnFacts(
        failed=watching.failed(since) if any(one.kind not in ONE_LIFE for one in of_failure) else (),
        still_failed=watching.still_failed(schedules, jobs, now) if schedules or jobs else (),
        late=_late(limits, since, now) if When.LATE in whens else (),
        missed=watching.missed(since) if When.MISSED in whens else (),
        interrupted=watching.interrupted() if When.INTERRUPTED in whens else (),
        unfinished=unfinished,
        usual={target: one.p95 / 1000 for target, one in lengths_of(usual_of, now=now, fewest=FEWEST_ENDS).items()},
        limits=limits,
    )


def _wants_usual(rules: Collection[AlertRule]) -> bool:
    return any(one.when == When.LONG and one.seconds is None for one in rules)


def _late(limits: StartLimits, since: datetime, now: datetime) -> list[Seen]:
    """Return the jobs, due lately, that have started later than their objectives allow."""
    return watching.whole(Job.objects.started_late(limits.as_expression, since, now)[:MOST_LATE])
