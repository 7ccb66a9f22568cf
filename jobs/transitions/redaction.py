"""Redacts jobs that are over: takes away what they were given, said and returned, and leaves their ids, times, states
and ledger. By a rule, some at a time, or one that a person names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from jobs import exactjson, failpoints
from jobs.conf import conf
from jobs.database import connection, transaction
from jobs.keeping import KeepRule, days_readable
from jobs.models import Change, Kept
from jobs.models.team import LABEL
from jobs.rights import reach_of
from jobs.states import FINAL, State
from jobs.transitions.changing import Answer, beyond, found
from jobs.transitions.history import OVER, Place
from jobs.transitions.keeping import check_why, note

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

TABLES = ("jobs_job", "jobs_history")  # in this order: what moves meanwhile is seen in one of them

# A text that was there says so still: by it a person's word is told from an end of the job's own.
GONE = "CASE {0} WHEN '' THEN '' ELSE 'redacted' END"

# Whoever may see a job says its label `team`, so that stays. A key by which a repeated request is known stays as long
# as it is known by it.
EMPTIED = f"""
    payload = '{{}}', name = '', key = NULL, waited_for = '', reason = {GONE.format("reason")},
    labels = CASE WHEN labels ? '{LABEL}' THEN jsonb_build_object('{LABEL}', labels -> '{LABEL}') ELSE '{{}}' END,
    idempotency_key = CASE WHEN created_at < %(keys_before)s THEN NULL ELSE idempotency_key END,
    idempotency_digest = CASE WHEN created_at < %(keys_before)s THEN NULL ELSE idempotency_digest END,
    redacted_at = coalesce(redacted_at, %(now)s)
"""
# What is not redacted, or has kept the key of its request, which nobody knows it by any more.
READABLE = "(redacted_at IS NULL OR (idempotency_key IS NOT NULL AND created_at < %(keys_before)s))"

# In the order of their ends, and by the index of these. What is kept is passed by: in the history it has no day.
LOOK = {
    table: f"""
SELECT id, state, queue, target, labels::text, finished_at, {READABLE} AS readable
FROM {table}
WHERE {OVER} AND finished_at < %(before)s {"" if table == "jobs_job" else "AND remove_on IS NOT NULL"}
    AND finished_at >= %(after)s AND (finished_at, id) > (%(after)s, %(after_id)s)
ORDER BY finished_at, id LIMIT %(limit)s
"""  # noqa: S608 - of our own words only
    for table in TABLES
}
LOCK = {
    table: f"SELECT id FROM {table} WHERE id = ANY (%(ids)s::bigint[]) AND {OVER} ORDER BY id FOR UPDATE SKIP LOCKED"  # noqa: S608
    for table in TABLES
}
# Asked when they are locked: whoever keeps a job locks it first.
KEPT = "SELECT job_id FROM jobs_kept WHERE job_id = ANY (%(ids)s::bigint[])"

REDACT = (
    f"""
WITH job AS (
    UPDATE jobs_job SET {EMPTIED} WHERE id = ANY (%(ids)s::bigint[]) RETURNING id
)
UPDATE jobs_attempt SET error = {GONE.format("error")}, result = NULL, log = NULL, progress_note = NULL
WHERE job_id = ANY (ARRAY(SELECT id FROM job))
""",  # noqa: S608 - of our own words only
    f"""
UPDATE jobs_history SET {EMPTIED}, attempts = coalesce((
    SELECT jsonb_agg(start || jsonb_build_object(
        'error', {GONE.format("start ->> 'error'")}, 'result', NULL, 'log', NULL, 'progress_note', NULL
    ) ORDER BY place)
    FROM jsonb_array_elements(attempts) WITH ORDINALITY AS its (start, place)
), '[]')
WHERE id = ANY (%(ids)s::bigint[])
""",  # noqa: S608 - as above
    # The one change of the audit that its table lets pass: see migration 0065.
    """
UPDATE jobs_audit SET before = jobs_audit_redacted(before), after = jobs_audit_redacted(after)
WHERE job_id = ANY (%(ids)s::bigint[])
    AND (jobs_audit_redacted(before) IS DISTINCT FROM before OR jobs_audit_redacted(after) IS DISTINCT FROM after)
""",
)

LABELLED = " UNION ".join(
    f"SELECT id FROM {table} WHERE labels <> '{{}}' AND labels @> %(label)s::jsonb AND {OVER} AND redacted_at IS NULL"  # noqa: S608
    for table in TABLES
)


class Part(NamedTuple):
    """A part of a pass: how many were redacted, and where the next begins; None at the end."""

    redacted: int
    next: Place | None


def redact_part(table: str, rules: Sequence[KeepRule], *, now: datetime, after: Place, limit: int) -> Part:
    """Look at the next jobs of this table that have ended long enough ago for one of the rules, `limit` at most, and
    redact those whose days are over by the rule that counts for them. What is kept, or locked, is passed by."""
    before = now - timedelta(days=min(rule.days for rule in rules))
    asked: dict[str, Any] = {"before": before, "after": after.finished_at, "after_id": after.id, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(LOOK[table], {**asked, **_moments(now)})
        looked = cursor.fetchall()
    going = [row[0] for row in looked if row[6] and _is_due(row, rules, now)]
    redacted = _redact_of(table, going, now=now) if going else 0
    last = Place(looked[-1][5], looked[-1][0]) if len(looked) == limit else None
    return Part(redacted, last)


def _is_due(row: Sequence[Any], rules: Sequence[KeepRule], now: datetime) -> bool:
    _, state, queue, target, labels, finished_at, _ = row
    word = State(state).label
    days = days_readable(rules, state=word, queue=queue, target=target, labels=exactjson.loads(labels))
    return days is not None and bool(finished_at < now - timedelta(days=days))


def _redact_of(table: str, job_ids: Sequence[int], *, now: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK[table], {"ids": list(job_ids)})
        locked = {job_id for (job_id,) in cursor.fetchall()}
        cursor.execute(KEPT, {"ids": sorted(locked)})
        free = locked - {job_id for (job_id,) in cursor.fetchall()}
        if free:
            _write(free, now=now)
        failpoints.hit("in-redaction")
    return len(free)


def redact(job_id: int, *, now: datetime, reason: str, by: AbstractBaseUser | None = None) -> Answer:
    """Redact a job that is over, now, because a person wants it; its audit says who, and why.

    Raises ValidationError (field `reason`) without one."""
    check_why(reason)
    job = found(job_id)
    if job is None:
        return Answer(done=False, why=f"There is no job {job_id}.")
    if not reach_of(by).touches(job):
        return beyond(job, by)
    with transaction.atomic():
        state, redacted_at = _locked(job_id)
        if why := _why_not(job_id, state, redacted_at):
            return Answer(done=False, why=why, job=job)
        _write([job_id], now=now)
        note(Change.REDACT, job_id, state, now=now, reason=reason, by=by)
    why = f"Job {job_id} is redacted: its ledger stays, what it held is gone."
    return Answer(done=True, why=why, job=found(job_id))


def _why_not(job_id: int, state: int | None, redacted_at: datetime | None) -> str:
    """Return why the job, whose row the caller has locked, cannot be redacted; empty where nothing is in the way."""
    if state is None:
        return f"There is no job {job_id}."
    if state not in FINAL:
        return f"Only a job that has ended can be redacted; job {job_id} is {State(state).label}. Cancel it first."
    if redacted_at is not None:
        return f"Job {job_id} is redacted already, since {redacted_at:%Y-%m-%d %H:%M:%S} UTC."
    if Kept.objects.filter(job_id=job_id).exists():
        return f"Job {job_id} is kept, so it stays as it is; let it go first."
    return ""


def _locked(job_id: int) -> tuple[int | None, datetime | None]:
    """Lock the job's row where it is, and return its state and since when it is redacted. Who moves it meanwhile is
    waited for: then it is in the other table."""
    with connection.cursor() as cursor:
        for table in TABLES * 2:
            cursor.execute(f"SELECT state, redacted_at FROM {table} WHERE id = %s FOR UPDATE", [job_id])  # noqa: S608
            if (row := cursor.fetchone()) is not None:
                return row[0], row[1]
    return None, None


def _write(job_ids: Collection[int], *, now: datetime) -> None:
    """Empty these jobs, which the caller has locked, wherever they are, with their ledger and their audit."""
    with connection.cursor() as cursor:
        for statement in REDACT:
            cursor.execute(statement, {"ids": sorted(job_ids), "now": now, **_moments(now)})


def _moments(now: datetime) -> Mapping[str, datetime]:
    return {"keys_before": now - timedelta(days=conf().keep_idempotency_keys)}


def labelled(key: str, value: str) -> list[int]:
    """Return the ids of all jobs that are over, have this label and are not redacted. All of the history is read."""
    with connection.cursor() as cursor:
        cursor.execute(LABELLED, {"label": exactjson.dumps({key: value})})
        return [job_id for (job_id,) in cursor.fetchall()]
