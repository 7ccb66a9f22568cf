"""Parsing of an expression in a dialect into a neutral rule."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from jobs.recurrence.dialect import Dialect
from jobs.recurrence.dialects import celery, cron, eventbridge, interval, jenkins, once, quartz, rrule, sun, systemd
from jobs.recurrence.never import why_never
from jobs.recurrence.rule import BadExpression, Rule, WallClock

LONGEST = 4000  # characters of an expression

_ALL = (
    Dialect("cron", "Cron", "Five fields as in a crontab: 30 2 * * mon-fri", cron.parse),
    Dialect("cron6", "Cron with seconds", "Six fields, the second first: 15 30 2 * * mon-fri", cron.parse_with_seconds),
    Dialect("celery", "Celery's crontab", "Five fields, and a day has to match all: 0 9 * * mon-fri", celery.parse),
    Dialect("interval", "Interval", "Elapsed time: every 10 minutes", interval.parse),
    Dialect("once", "Once", "One moment: 2026-12-31T23:59, in the schedule's zone", once.parse),
    Dialect("sun", "Sun", "An event of the sun at a place: sunrise 52.52 13.40", sun.parse),
    Dialect("rrule", "RRULE", "RFC 5545: FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=18;BYMINUTE=0;BYSECOND=0", rrule.parse),
    Dialect("quartz", "Quartz", "Six or seven fields, the second first: 0 30 9 ? * MON-FRI", quartz.parse),
    Dialect("systemd", "systemd OnCalendar", "Weekdays, date, time: Mon..Fri *-*-* 09:00", systemd.parse),
    Dialect("eventbridge", "Amazon EventBridge", "cron, rate or at: cron(30 9 ? * MON-FRI *)", eventbridge.parse),
    Dialect("jenkins", "Jenkins", "Five fields with H: H 3 * * 1-5", jenkins.parse, jenkins.notes),
)
DIALECTS: Mapping[str, Dialect] = MappingProxyType({dialect.key: dialect for dialect in _ALL})


def parse(dialect: str, text: str, *, name: str = "") -> Rule:
    """Return the rule that the text means in a dialect; raises BadExpression. `name`: of the schedule, by which a
    dialect spreads what it leaves open."""
    known = DIALECTS.get(dialect)
    if known is None:
        raise BadExpression(f"“{dialect}” is not a dialect; write one of {', '.join(DIALECTS)}.", "dialect")
    if len(text) > LONGEST:
        raise BadExpression(f"This has {len(text)} characters; shorten it to {LONGEST}.")
    if not text.strip():
        raise BadExpression(f"This is empty; write it like this. {known.help}.")
    rule = known.parse(text, name)
    if isinstance(rule, WallClock) and (why := why_never(rule)):
        raise BadExpression(why, "day of month")
    return rule
