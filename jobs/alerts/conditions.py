"""Rules by which the platform is judged, and what is found by them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from jobs.models import Level


@dataclass(frozen=True)
class Rule:
    """Rule of the platform. `after`: how long it has to be so before it is said; what mends itself by then, such as a
    change of leaders, is said to nobody."""

    name: str
    level: Level
    after: timedelta
    about: str


AT_ONCE, SOON = timedelta(0), timedelta(seconds=15)

NO_LEADER = Rule("no_leader", Level.BAD, SOON, "no beat leads")
NO_WORKER = Rule("no_worker", Level.BAD, SOON, "jobs of a queue are due, and no worker takes them")
BACKLOG = Rule("backlog", Level.BAD, AT_ONCE, "a job of a queue waits longer than `JOBS_MAX_DELAY_TIME`")
LATE = Rule("late", Level.WARN, AT_ONCE, "a job of a queue started later than that, in the last ten minutes")
MISSED = Rule("missed", Level.WARN, AT_ONCE, "a time of a schedule has no run, in the last ten minutes")
FAILED = Rule("failed", Level.WARN, AT_ONCE, "a fifth of the jobs of the last ten minutes failed, and at least five")
INTERRUPTED = Rule("interrupted", Level.WARN, AT_ONCE, "interrupted jobs wait for a decision")
OVERLOAD = Rule(
    "overload", Level.WARN, SOON, "jobs of a queue will start late within the next hour, by the [forecast](forecast.md)"
)
BURNS_FAST = Rule("burns_fast", Level.BAD, AT_ONCE, "the error budget of an [objective](objectives.md) burns fast")
BURNS = Rule("burns", Level.WARN, AT_ONCE, "an error budget burns too fast to last, for days")
SPENT = Rule("spent", Level.WARN, AT_ONCE, "the error budget of an objective is spent")
CLOCK = Rule("clock", Level.WARN, AT_ONCE, "the clock of a worker's host is off by more than a quarter of a second")
BROKER = Rule("broker", Level.BAD, SOON, "the broker does not answer")
DATABASE = Rule("database", Level.BAD, SOON, "the database does not answer; said by the watcher itself")
UNJUDGED = Rule(
    "unjudged",
    Level.BAD,
    timedelta(minutes=1),
    "a question of the watcher's fails again and again, so that a part of this is not judged",
)

RULES = (
    NO_LEADER,
    NO_WORKER,
    BACKLOG,
    LATE,
    MISSED,
    FAILED,
    INTERRUPTED,
    OVERLOAD,
    BURNS_FAST,
    BURNS,
    SPENT,
    CLOCK,
    BROKER,
    DATABASE,
    UNJUDGED,
)


@dataclass(frozen=True)
class Condition:
    """Trouble that there is now: by which rule, and of what. `kind` says what the subject is, such as a queue; `link`
    is the path of a page."""

    rule: Rule
    sentence: str
    remedy: str = ""
    subject: str = ""
    kind: str = ""
    link: str = ""
    own_rule: int = 0  # which rule of people found it

    @property
    def key(self) -> tuple[str, str, str, int]:
        """Return what names it: there is one open alert of each."""
        return self.rule.name, self.kind, self.subject, self.own_rule
