"""Checks of the database a round uses: its tables, and others who share its slots and its figures."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from jobs.conf import conf
from jobs.migrated import missing_migrations
from jobs.models import Job, Leadership, Worker


class NotMigrated(Exception):
    """The database lacks migrations; the text says how many and what to type."""


def require_migrations() -> None:
    """Check that no migration is missing. Raises NotMigrated."""
    missing = len(missing_migrations())
    if missing:
        raise NotMigrated(f"The database lacks {missing} migrations; run 'python manage.py migrate' first.")


class NotAlone(Exception):
    """Use of the database by others; the text says who."""


def require_alone(now: datetime) -> None:
    """Raises NotAlone: a backlog is measured where nobody lists, takes or adds jobs."""
    found = warnings(now)
    listed_until = Leadership.current().listed_until
    if listed_until is not None and listed_until > now:
        found.append("A beat of others lists the jobs of this database.")
    if found:
        raise NotAlone(f"The throughput needs a database of its own. {' '.join(found)}")


def warnings(now: datetime) -> list[str]:
    """A sentence about live workers and one about pending jobs of others, where there are any."""
    found = []
    workers = Worker.objects.alive(now, conf().patience).count()
    if workers:
        found.append(f"{workers} workers of others are alive in this database and take jobs of this round.")
    pending = Job.objects.pending().count()
    if pending:
        found.append(f"{pending} jobs of others are pending in this database; those that get due share the slots.")
    return found


def led_by(beats: Collection[int]) -> bool:
    """Return whether the leader is one of these processes of this machine."""
    holder = Leadership.current().holder
    return any(holder.endswith(f":{pid}") for pid in beats)
