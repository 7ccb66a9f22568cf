"""Day on which a job that is over is removed, and ages at which rows of small tables are. Rules of the table go before
those of JOBS_KEEP that are about the same jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from jobs.conf import conf
from jobs.database import connection
from jobs.keeping import KeepRule, days_kept
from jobs.models import RetentionRule
from jobs.models.retention_rule import IN_FORCE
from jobs.models.worker import WORKERS_FOR
from jobs.states import State

# Beyond this a row goes with those of its week: whoever looks for a row by its id looks into each partition.
BY_DAY_FOR = 60  # days
PROPOSALS_FOR = 30  # days that a proposal stays after its end


def old_before(now: datetime) -> dict[str, datetime]:
    """Return for each of the small tables the moment before which its rows are old."""
    c = conf()
    return {
        "worker log": now - timedelta(days=c.keep_worker_log),
        "audit": now - timedelta(days=c.keep_audit),
        "sessions": now,
        "shadow": now - timedelta(days=c.keep_shadow),
        "uploads": now,
        "workers": now - WORKERS_FOR,
        "proposals": now - timedelta(days=PROPOSALS_FOR),
    }


def removal_rules() -> list[KeepRule]:
    """Return the rules by which jobs are removed. One statement."""
    ours = [row.as_rule() for row in RetentionRule.objects.filter(does=RetentionRule.Does.REMOVE)]
    return [*ours, *of_settings(ours)]


def of_settings(ours: Sequence[KeepRule]) -> list[KeepRule]:
    """Return the rules of JOBS_KEEP about other jobs than these of the table."""
    about = {(rule.kind, rule.name, rule.state) for rule in ours}
    return [rule for rule in conf().keep if (rule.kind, rule.name, rule.state) not in about]


def redaction_rules() -> tuple[KeepRule, ...]:
    """Return the rules by which jobs are redacted; none where the database was restored and nobody has looked. One
    statement."""
    with connection.cursor() as cursor:
        cursor.execute(IN_FORCE, [RetentionRule.Does.REDACT])
        return tuple(KeepRule(*row) for row in cursor.fetchall())


def removal_day(
    rules: Sequence[KeepRule], *, state: int, queue: str, target: str, finished_at: datetime, today: date
) -> date:
    """Return the day on which such a job is removed: in UTC, later than today, never before its days are over, and up
    to six days after that where those are many."""
    days = days_kept(rules, state=State(state).label, queue=queue, target=target)
    day = finished_at.astimezone(UTC).date() + timedelta(days=days)
    if (day - today).days > BY_DAY_FOR:
        return day + timedelta(days=-day.weekday() % 7)  # the next Monday
    return max(day, today + timedelta(days=1))
