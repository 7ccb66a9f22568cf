"""An upgrade from the release before keeps all rows, and so does the way back."""

import json

import pytest
from django.core.management import call_command
from django.db import connection

from tests.early import early_database

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = "0027"  # the last migration of the release before
ITS_ROWS = """
INSERT INTO jobs_calendar (id, name, time_zone, open_days, open_from, open_until, holidays_of)
VALUES (7, 'nights', 'Europe/Berlin', 31, '22:00', '06:00', 'DE-BW');
INSERT INTO jobs_calendarrange (calendar_id, first_day, last_day, is_open, label)
VALUES (7, '2026-12-24', '2027-01-01', false, 'closed');
INSERT INTO jobs_batch (id, name, idempotency_key, idempotency_digest) VALUES (7, 'books', 'once', repeat('a', 64));
INSERT INTO jobs_trigger (id, name, target, payload, queue, key, key_limit, overlap, rerunnable, max_attempts, retry_on,
                          caller_arguments, enabled, created_at)
VALUES (7, 'report', 'demo.log', '{"message": 0.10}', 'default', '', 1, 'join', false, 1, '[]', '["message"]', true, now());
INSERT INTO jobs_job (id, target, payload, run_at, state, attempt, holds, key, calendar_id, batch_id, trigger_id,
                      enqueued_at, locked_at, execute_at, finished_at, reason)
VALUES (1, 'demo.noop', '{"n": 1.50}', '2030-01-01Z', 0, 0, 1, 'books', 7, 7, 7, NULL, NULL, NULL, NULL, ''),
       (2, 'demo.noop', '{}', '2026-01-01Z', 1, 1, 0, NULL, NULL, NULL, NULL, now(), now(), now(), NULL, ''),
       (3, 'demo.noop', '{}', '2026-01-01Z', 2, 1, 0, NULL, NULL, NULL, NULL, now(), now(), now(), now(), ''),
       (4, 'demo.noop', '{}', '2026-01-01Z', 4, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, now(), 'not needed');
INSERT INTO jobs_dependency (job_id, waits_for_id) VALUES (4, 2);
INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at, started_at)
VALUES (2, 1, 'w1', gen_random_uuid(), gen_random_uuid(), now(), now(), now());
INSERT INTO jobs_lane (kind, name, concurrency, rate, burst, paused_at, pause_reason)
VALUES ('queue', 'mail', 2, 5.5, 3, NULL, ''), ('key', 'books', NULL, NULL, 1, now(), 'no staff');
INSERT INTO jobs_turn (job_id, kind, name, given_at) VALUES (2, 'queue', 'mail', now());
INSERT INTO jobs_creationlimit (rate, burst) VALUES (7, 20);
INSERT INTO jobs_budget (subject, moment) VALUES ('user 1', now());
INSERT INTO jobs_worker (session, name, pid, pool, slots, running, queues, started_at, heartbeat_at, drained_at, drained_by)
VALUES (gen_random_uuid(), 'w1', 7, 'thread', 5, 1, '["default"]', now(), now(), now(), 'ada');
INSERT INTO jobs_installation DEFAULT VALUES ON CONFLICT DO NOTHING;
INSERT INTO jobs_leadership (id, epoch, holder, listed) VALUES (1, 7, 'beat', 0) ON CONFLICT DO NOTHING;
INSERT INTO jobs_workerlog (action, client, results, at) VALUES ('QUERYLIST', 'beat', 3, now());
INSERT INTO jobs_audit (job_id, verb, reason, at, from_state, to_state) VALUES (4, 'cancel', 'not needed', now(), 0, 4);
INSERT INTO jobs_limitaudit (kind, name, verb, reason, at, "values")
VALUES ('queue', 'mail', 'limit', 'too many', now(), '{"concurrency": 2}'), ('key', 'books', 'pause', 'no staff', now(), '{}');
"""


@pytest.fixture(scope="module", autouse=True)
def _early(django_db_setup, django_db_blocker):
    with early_database(BEFORE, django_db_blocker):
        yield


def rows():
    """All rows of all tables and views of ours, by table; those of the audit of limits without what changes on the way:
    their ids, and whether no values are `{}` or NULL."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname ~ '^jobs_' AND relkind IN ('r', 'v')")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            found[table] = [json.loads(row, parse_float=str) for (row,) in cursor.fetchall()]
    for row in found["jobs_limitaudit"]:
        del row["id"]
        row["values"] = row["values"] or {}
    return found


def lost(before, now):
    """Rows that are not there any more with all that they said."""
    return [
        (table, row)
        for table, found in before.items()
        for row in found
        if not any(row.items() <= other.items() for other in now[table])
    ]


def test_all_rows_of_the_release_before_stay_and_come_back():
    with connection.cursor() as cursor:
        cursor.execute(ITS_ROWS)
    before = rows()
    assert [table for table in before if not before[table]] == []
    call_command("migrate", "jobs", verbosity=0)
    assert lost(before, rows()) == []
    call_command("migrate", "jobs", BEFORE, verbosity=0)
    back = rows()
    assert lost(before, back) == []
    assert {table: len(found) for table, found in back.items()} == {
        table: len(found) for table, found in before.items()
    }
