"""Checks of what grows: tables, what is over and stays, and what is to be removed and is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta

from jobs.conf import conf
from jobs.doctor.finding import Finding, note, ok, warn
from jobs.doctor.patient import Patient
from jobs.models import Installation
from jobs.models.partitions import partitions

GB = 1024**3
LARGE = 50 * GB  # of one table with its indexes
MANY = 1_000_000  # rows of jobs_job that nobody removes
MANY_NOTES = 10_000_000  # rows of the audit or the worker log
REMOVED_WITHIN = timedelta(days=2)  # of its day

SIZES = """
SELECT relname, pg_total_relation_size(pg_class.oid), greatest(reltuples, 0)::bigint
FROM pg_class
WHERE relkind = 'r' AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'jobs_job'::regclass)
ORDER BY 2 DESC LIMIT 500
"""
ROWS = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass(%s)"


def tables(patient: Patient) -> Iterator[Finding]:
    """Yield the largest tables. Their rows are counted as the server estimates."""
    found = patient.rows(SIZES)
    large = [(name, size, rows) for name, size, rows in found if size > LARGE]
    for name, size, rows in large[:5]:
        figure = f"{size / GB:,.1f} GB, about {rows:,} rows"
        yield warn(f"{name} is large.", "python manage.py retention shows what can go (docs/retention.md).", figure)
    if not large:
        name, size, rows = found[0]
        yield ok("No table is large.", f"the largest is {name}: {size / 2**20:,.1f} MB, about {rows:,} rows")


def retention(patient: Patient) -> Iterator[Finding]:
    """Yield whether what is over is removed some day."""
    row = Installation.objects.filter(id=1).first()
    since = row.retention_on_at if row else None
    rows = patient.value(ROWS, "jobs_job")
    if since is not None:
        yield ok("What is over is removed when its days are over.", f"since {since:%Y-%m-%d}")
        return
    kind = warn if rows > MANY else note
    yield kind(
        "Nothing that is over is removed: the tables grow with every job.",
        "python manage.py retention shows what would go, --switch-on has it go.",
        f"about {rows:,} rows in jobs_job",
    )


def partition_days(patient: Patient) -> Iterator[Finding]:
    """Yield days of the history that should have been removed, and are there."""
    today = patient.now.astimezone(UTC).date()
    found = partitions()
    row = Installation.objects.filter(id=1).first()
    late = [one for one in found if one.day < today - REMOVED_WITHIN] if row and row.retention_on_at else []
    unwritten = [one for one in late if conf().remove_exported_only and not one.exported]
    half = [one for one in found if one.pending or not one.attached]
    if unwritten:
        yield warn(
            "Days of the history wait to be written to a file before they go.",
            "python manage.py export_history --to FILE",
            f"{len(unwritten)} days, since {unwritten[0].day}",
        )
    if len(late) > len(unwritten):
        yield warn(
            "Days of the history are there that should have been removed.",
            "See what is said of the leader and of transactions: whoever reads the history holds its removal up.",
            f"{len(late) - len(unwritten)} days, since {late[0].day}",
        )
    if half:
        yield warn(
            "Parts of the history are detached and not dropped: they take room, and nobody reads them.",
            "The leader goes on with them; see what is said of transactions.",
            ", ".join(one.table for one in half[:3]),
        )
    if not (late or half):
        yield ok("No day of the history is overdue.", f"{len(found)} days")


def notes(patient: Patient) -> Iterator[Finding]:
    """Yield whether the audit and the worker log have grown beyond what is looked through easily."""
    many = False
    for table, setting in (("jobs_audit", "JOBS_KEEP_AUDIT"), ("jobs_workerlog", "JOBS_KEEP_WORKER_LOG")):
        rows = patient.value(ROWS, table)
        if rows > MANY_NOTES:
            many = True
            yield note(f"{table} has many rows.", f"Keep them for fewer days ({setting}).", f"about {rows:,}")
    if not many:
        yield ok("The audit and the worker log are small enough.")
