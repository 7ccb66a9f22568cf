"""The table is an API: the database itself fills in what is missing and refuses what cannot be true."""

import json
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from jobs.models import Job
from jobs.rules import labels_problems, why_not_startable

pytestmark = pytest.mark.django_db

INSERT = (
    "INSERT INTO jobs_job (target, payload, run_at{columns}) VALUES ('demo.sleep', '{{}}', now(){values}) RETURNING id"
)


def insert(**values):
    columns = "".join(f", {name}" for name in values)
    places = ", %s" * len(values)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT.format(columns=columns, values=places), list(values.values()))
        return Job.objects.get(pk=cursor.fetchone()[0])


def test_target_payload_and_run_at_are_enough():
    job = insert()
    assert (job.state, job.version, job.attempt, job.deliveries) == (0, 1, 0, 0)
    assert (job.name, job.queue, job.reason, job.labels) == ("", "default", "", {})
    assert job.created_at is not None
    assert [job.enqueued_at, job.locked_at, job.execute_at, job.finished_at, job.created_by, job.idempotency_key] == [
        None
    ] * 6


THEN = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"state": 7, "finished_at": THEN}, "jobs_state_known"),
        ({"state": -1, "finished_at": THEN}, "jobs_state_known"),
        ({"locked_at": THEN}, "jobs_pending_is_untouched"),
        ({"execute_at": THEN}, "jobs_pending_is_untouched"),
        ({"finished_at": THEN}, "jobs_pending_is_untouched"),
        ({"state": 1, "attempt": 1}, "jobs_running_is_locked"),
        ({"state": 1, "locked_at": THEN}, "jobs_running_is_locked"),
        ({"state": 1, "locked_at": THEN, "attempt": 1, "finished_at": THEN}, "jobs_running_is_locked"),
        ({"state": 2, "finished_at": THEN}, "jobs_completed_has_run"),
        (
            {"state": 2, "attempt": 1, "locked_at": THEN, "execute_at": THEN},
            "jobs_completed_has_run|jobs_final_is_finished",
        ),
        ({"state": 3}, "jobs_final_is_finished"),
        ({"state": 4}, "jobs_final_is_finished"),
        ({"state": 5}, "jobs_final_is_finished"),
        ({"state": 6}, "jobs_final_is_finished"),
        ({"state": 4, "finished_at": THEN, "locked_at": THEN}, "jobs_cancelled_never_ran"),
        ({"queue": ""}, "jobs_queue_named"),
        *(
            ({"queue": name}, "jobs_queue_named")
            for name in ("a b", ".a", "-a", "_kombu.x", "unacked", "unacked_mutex", "amq.gen", "a\n", "ä")
        ),
        ({"max_attempts": 2}, "jobs_starts_as_declared"),
        ({"created_at": "infinity"}, "jobs_moments_in_range"),
        ({"created_at": "-infinity"}, "jobs_moments_in_range"),
        ({"enqueued_at": "infinity"}, "jobs_moments_in_range"),
        ({"enqueued_at": "9999-12-31"}, "jobs_moments_in_range"),
        ({"state": 1, "attempt": 1, "locked_at": "infinity"}, "jobs_moments_in_range"),
        ({"state": 3, "finished_at": "infinity"}, "jobs_moments_in_range"),
        ({"state": 3, "finished_at": THEN, "execute_at": "-infinity"}, "jobs_moments_in_range"),
        *(
            ({"labels": labels}, "jobs_labels_are_texts")
            for labels in (
                "[]",
                '["a"]',
                '"a"',
                "null",
                '{"a": 1}',
                '{"a": ["b"]}',
                '{"a": []}',
                '{"a": "b", "c": {"d": "e"}}',
                '{"a": null}',
            )
        ),
        ({"labels": json.dumps({"a": "x" * 9000})}, "jobs_labels_are_texts"),
    ],
)
def test_what_cannot_be_true_is_refused(values, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        insert(**values)


def test_labels_that_the_rules_let_pass_fit_into_the_row():
    labels = {f"{number:a>63}": "\N{MUSICAL SYMBOL G CLEF}" * 100 for number in range(16)}
    assert not labels_problems(labels)
    assert insert(labels=json.dumps(labels)).labels == labels


@pytest.mark.parametrize("queue", ["a", "0", "Mail.fast_2-x", "amqp", "unack", "a" * 100])
def test_a_queue_may_have_any_other_name(queue):
    assert insert(queue=queue).queue == queue


@pytest.mark.parametrize("run_at", ["infinity", "-infinity", "9999-12-31", "12000-01-01", "1969-12-31"])
def test_a_time_that_python_cannot_hold_is_refused(run_at):
    with (
        pytest.raises(IntegrityError, match="jobs_run_at_in_range"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("INSERT INTO jobs_job (target, payload, run_at) VALUES ('x', '{}', %s)", [run_at])


LEDGER = """INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at, outcome, finished_at)
            VALUES (%s, %s, 'w', gen_random_uuid(), gen_random_uuid(), now(), now(), %s, %s)"""


def enter(job, number, outcome=None, finished_at=None):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LEDGER, [job.pk, number, outcome, finished_at])


def test_the_ledger_takes_a_number_once():
    job = insert()
    enter(job, 1)
    with pytest.raises(IntegrityError, match="jobs_attempt_once"):
        enter(job, 1)
    enter(job, 2)


def test_the_ledger_takes_no_start_without_its_job():
    """Though no foreign key of it says so: that would look at each job once more."""
    job = insert()
    with pytest.raises(IntegrityError, match=f"jobs_attempt_of_job.*{job.pk + 1}"):
        enter(Job(pk=job.pk + 1), 1)
    enter(job, 1)
    assert job.attempts.count() == 1


def delete(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_no_job_goes_before_its_starts():
    job, other = insert(), insert()
    enter(job, 1)
    for sql in ("DELETE FROM jobs_job", f"DELETE FROM jobs_job WHERE id = {job.pk}"):
        with pytest.raises(IntegrityError, match="jobs_attempt_of_job"):
            delete(sql)
    delete(f"DELETE FROM jobs_job WHERE id = {other.pk}")
    delete("WITH starts AS (DELETE FROM jobs_attempt) DELETE FROM jobs_job")
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nor_do_all_of_them_at_once():
    enter(insert(), 1)
    with pytest.raises(IntegrityError, match="jobs_attempt_of_job"):
        delete("TRUNCATE jobs_job CASCADE")
    delete("TRUNCATE jobs_job, jobs_attempt CASCADE")
    assert not Job.objects.exists()


@pytest.mark.parametrize(("outcome", "finished_at"), [(2, None), (None, THEN), (0, THEN), (4, THEN)])
def test_an_attempt_ends_with_an_outcome_and_a_time(outcome, finished_at):
    with pytest.raises(IntegrityError, match="jobs_attempt_outcome_dated"):
        enter(insert(), 1, outcome, finished_at)


def test_there_is_one_leadership():
    with pytest.raises(IntegrityError, match="jobs_leadership_single"), connection.cursor() as cursor:
        cursor.execute("INSERT INTO jobs_leadership (id) VALUES (2)")


def test_marking_a_job_as_published_leaves_the_indexes_alone():
    """`enqueued_at` and `deliveries` stand in no index, so the update of a window is heap-only (HOT)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(indexdef, ' ') FROM pg_indexes WHERE tablename = 'jobs_job'")
        definitions = cursor.fetchone()[0]
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'jobs_job'")
        options = cursor.fetchone()[0]
    assert "enqueued_at" not in definitions
    assert "deliveries" not in definitions
    assert "fillfactor=50" in options


def insert_payload(text):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO jobs_job (target, payload, run_at) VALUES ('demo.noop', %s, now())", [text])
    return Job.objects.latest("id")


@pytest.mark.parametrize("text", ['{"n": 1e5000}', "[" * 2000 + "]" * 2000])
def test_a_payload_that_python_cannot_hold_breaks_no_reader(text):
    job = insert_payload(text)
    assert job.payload.startswith("This payload cannot be read")
    assert "must be a JSON object" in why_not_startable(job.target, job.payload)


def test_a_payload_of_megabytes_is_refused():
    random_text = "".join(str(uuid.uuid4()) for _ in range(40_000))
    with pytest.raises(IntegrityError, match="jobs_payload_bounded"):
        insert_payload(json.dumps({"x": random_text}))
