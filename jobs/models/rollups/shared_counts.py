"""Keeps what was counted of all objectives for every process: the watcher counts, others read. A statement each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from jobs.database import connection
from jobs.models.rollups.budgets import Asked, Counted

WRITE = """
INSERT INTO jobs_objectivecounts AS old (stamp, counted_at, counts) VALUES (%s, %s, %s)
ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp, counted_at = excluded.counted_at, counts = excluded.counts
WHERE old.counted_at NOT BETWEEN excluded.counted_at AND %s
"""
READ = "SELECT counts::text FROM jobs_objectivecounts WHERE stamp = %s AND counted_at > %s AND counted_at < %s"
FOR = timedelta(seconds=90)  # is read so long; so far ahead of now it is of a clock that was set back since


def write(asked: Sequence[Asked], counted: Sequence[Counted], now: datetime) -> None:
    """Keep what was counted of these, unless something later is kept: not of a future that was left."""
    counts = [(one.id, one.span.total_seconds(), one.starts, one.late) for one in counted]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [_stamp(asked), now, json.dumps(counts), now + FOR])


def read(asked: Sequence[Asked], *, now: datetime) -> list[Counted] | None:
    """Return what was counted of exactly these lately; None where nothing was."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [_stamp(asked), now - FOR, now + FOR])
        row = cursor.fetchone()
    if row is None:
        return None
    return [Counted(number, timedelta(seconds=span), starts, late) for number, span, starts, late in json.loads(row[0])]


def _stamp(asked: Sequence[Asked]) -> str:
    return hashlib.blake2b(repr(sorted(asked)).encode(), digest_size=16).hexdigest()
