"""Rows of the small tables that have been there long enough: deleted some at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from jobs.database import connection
from jobs.models.installation import REMOVES

# Each looks at the oldest rows only, by an index.
DELETE: Mapping[str, str] = {
    "worker log": """
DELETE FROM jobs_workerlog WHERE id = ANY (ARRAY(
    SELECT id FROM jobs_workerlog WHERE {removes} AND at < %s ORDER BY at LIMIT %s FOR UPDATE SKIP LOCKED
))
""",
    # In the order of ids, which is nearly that of time. That of a job that is kept stays with it.
    "audit": """
DELETE FROM jobs_audit WHERE {removes} AND at < %s AND id = ANY (ARRAY(
    SELECT id FROM jobs_audit
    WHERE job_id IS NULL OR NOT EXISTS (SELECT FROM jobs_kept WHERE jobs_kept.job_id = jobs_audit.job_id)
    ORDER BY id LIMIT %s
))
""",
    "sessions": """
DELETE FROM django_session WHERE session_key = ANY (ARRAY(
    SELECT session_key FROM django_session WHERE {removes} AND expire_date < %s ORDER BY expire_date LIMIT %s
    FOR UPDATE SKIP LOCKED
))
""",
    "shadow": """
DELETE FROM jobs_occurrence WHERE id = ANY (ARRAY(
    SELECT id FROM jobs_occurrence WHERE {removes} AND cause = 'shadow' AND nominal_at < %s
    ORDER BY nominal_at LIMIT %s FOR UPDATE SKIP LOCKED
))
""",
    # Also where the database was restored: what somebody has looked at is nothing that could be missed.
    "uploads": """
DELETE FROM jobs_upload WHERE id = ANY (ARRAY(
    SELECT id FROM jobs_upload WHERE ends_at < %s ORDER BY ends_at LIMIT %s FOR UPDATE SKIP LOCKED
))
""",
    # Of those that were declared gone, after which nothing of them changes any more: a start of theirs that is still
    # open is nobody's with their row or without it.
    "workers": """
DELETE FROM jobs_worker WHERE session = ANY (ARRAY(
    SELECT session FROM jobs_worker WHERE {removes} AND gone_at < %s ORDER BY gone_at LIMIT %s FOR UPDATE SKIP LOCKED
))
""",
    "proposals": """
DELETE FROM jobs_proposal WHERE id = ANY (ARRAY(
    SELECT id FROM jobs_proposal WHERE {removes} AND ends_at < %s ORDER BY ends_at LIMIT %s FOR UPDATE SKIP LOCKED
))
""",
}

COUNT: Mapping[str, str] = {
    "worker log": "SELECT count(*) FROM jobs_workerlog WHERE at < %s",
    "audit": "SELECT count(*) FROM jobs_audit WHERE at < %s",
    "sessions": "SELECT count(*) FROM django_session WHERE expire_date < %s",
    "shadow": "SELECT count(*) FROM jobs_occurrence WHERE cause = 'shadow' AND nominal_at < %s",
    "uploads": "SELECT count(*) FROM jobs_upload WHERE ends_at < %s",
    "workers": "SELECT count(*) FROM jobs_worker WHERE gone_at < %s",
    "proposals": "SELECT count(*) FROM jobs_proposal WHERE ends_at < %s",
}


def count_before(table: str, before: datetime) -> int:
    """Count these rows from before that moment, for somebody who has the time: all are read."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT[table], [before])
        found: int = cursor.fetchone()[0]
    return found


def delete_before(table: str, before: datetime, *, limit: int) -> int:
    """Delete the oldest of these rows, `limit` at most, of those from before that moment; return how many. One
    statement."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE[table].format(removes=REMOVES), [before, limit])
        deleted: int = cursor.rowcount
    return deleted
