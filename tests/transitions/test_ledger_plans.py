"""The ledger has no index of what is open, nor of tokens: its questions go by way of the jobs, however many have ended and
whatever the server believes about them. What a start and its end write is counted."""

import json
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from jobs.models import Attempt, Job, Worker
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
ENDED = """
WITH made AS (
    INSERT INTO jobs_job (target, payload, run_at, state, attempt, locked_at, execute_at, finished_at)
    SELECT 'demo.noop', '{}', now(), 2, 1, now(), now(), now() FROM generate_series(1, %s) RETURNING id
)
INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at, outcome, finished_at)
SELECT id, 1, 'w', gen_random_uuid(), gen_random_uuid(), now(), now(), 2, now() FROM made
"""
RUNNING = """
WITH made AS (
    INSERT INTO jobs_job (target, payload, run_at, state, attempt, locked_at)
    SELECT 'demo.noop', '{}', now(), 1, 1, %s FROM generate_series(1, 200) RETURNING id
)
INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at)
SELECT id, 1, 'w', %s, gen_random_uuid(), now(), %s FROM made
"""
SESSION = uuid.UUID(int=7)


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture(params=["stale statistics", "fresh statistics"])
def ledger(request):
    """The starts of 20,000 jobs that have ended, and of 200 that run."""
    sql(ENDED, 100)
    sql("ANALYZE jobs_job, jobs_attempt")
    sql(ENDED, 20_000)
    sql(RUNNING, NOW, SESSION, NOW)
    if request.param == "fresh statistics":
        sql("ANALYZE jobs_job, jobs_attempt")


def read(plan):
    """Yield the nodes of a plan."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from read(part)


QUESTIONS = {
    "busy slots": lambda: Attempt.objects.of_running().order_by().values_list("session"),
    "of a life": lambda: Attempt.objects.open_of([SESSION]).order_by("pk"),
    "of a life, by a job": lambda: Attempt.objects.open_of([SESSION], job_id=Job.objects.running().first().pk),
    "orphaned": lambda: Attempt.objects.orphaned(Worker.objects.present(), NOW + timedelta(seconds=1)),
    "whose start": lambda: Attempt.objects.open_by(Job.objects.running().first().pk, uuid.uuid4()),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_what_has_ended(ledger, question):
    plan = json.loads(QUESTIONS[question]().explain(format="json", analyze=True))[0]["Plan"]
    nodes = list(read(plan))
    assert not [
        node for node in nodes if node["Node Type"] == "Seq Scan" and "jobs_worker" not in node["Relation Name"]
    ]
    looked_at = [
        node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        for node in nodes
        if "Relation Name" in node
    ]
    assert max(looked_at) <= 200


def test_whose_jobs_they_were_is_asked_of_an_index(ledger):
    ada = User.objects.create_user("ada")
    sql("UPDATE jobs_job SET created_by_id = %s WHERE id = (SELECT max(id) FROM jobs_job)", ada.pk)
    assert "jobs_of_creator" in Job.objects.filter(created_by__in=[ada]).explain()
    ada.delete()
    assert not Job.objects.filter(created_by__isnull=False).exists()
