"""Waits that are over and that no transition has ended: the leader finds them."""

import pytest
from django.db import connection

from jobs.models import Dependency, Job
from jobs.scheduler.turns import waits
from jobs.states import Awaited, Hold, State
from tests.conftest import NOW
from tests.transitions.steps import again, run, sees

pytestmark = pytest.mark.django_db
ANY = Awaited.ANY


BY_SQL = """
WITH made AS (
    INSERT INTO jobs_job (target, payload, run_at, holds) VALUES ('demo.noop', '{}', now(), 2) RETURNING id
)
INSERT INTO jobs_dependency (job_id, waits_for_id) SELECT id, %s FROM made RETURNING job_id
"""


@pytest.mark.parametrize(
    ("outcome", "then"), [(State.COMPLETED, (State.PENDING, 0)), (State.FAILED, (State.SKIPPED, 0))]
)
def test_the_leader_finds_what_sql_has_tied(make_job, outcome, then):
    first = make_job(1)
    with connection.cursor() as cursor:
        cursor.execute(BY_SQL, [first.pk])
        child = Job.objects.get(pk=cursor.fetchone()[0])
    assert waits(now=NOW) == 0
    run(first, outcome)
    assert sees(child) == (State.PENDING, Hold.DEPENDENCIES), "nobody has told its end whom to look for"
    assert waits(now=NOW) == 1
    assert sees(child) == then


def test_the_leader_finds_what_waits_in_vain_while_others_are_open(make_job):
    first, second = make_job(1), make_job(1)
    vain = make_job(1, waits_for=[first.pk, second.pk])
    either_way = make_job(1, waits_for=[first.pk, second.pk], waits_for_end=ANY)
    Job.objects.filter(pk=first.pk).update(state=State.CANCELLED, finished_at=NOW)
    assert waits(now=NOW) == 1
    assert (sees(vain), sees(either_way)) == ((State.SKIPPED, 0), (State.PENDING, Hold.DEPENDENCIES))


def test_one_that_waits_for_what_is_no_more_is_let_go(make_job):
    first = make_job(1)
    child = make_job(0, waits_for=[first.pk])
    Dependency.objects.all().delete()
    Job.objects.filter(pk=first.pk).delete()
    assert waits(now=NOW) == 1
    assert again(child).waited_for == "It waited for jobs that are not there any more."
