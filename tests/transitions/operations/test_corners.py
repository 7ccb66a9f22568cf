"""What only a race, or somebody else's locks, bring to an operation."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jobs.models import Job, Operation, Verb
from jobs.models.constraints import LATEST_RUN_AT
from jobs.states import State
from jobs.transitions.changing import Answer
from jobs.transitions.operations import making, singly, words
from jobs.transitions.operations.asked import AskedOfMany
from jobs.transitions.operations.together import Part, cancel_each, locked
from jobs.transitions.requeue import Anew, NotAll, requeue_each
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def part(make_job, begin):
    make_job()
    operation = begin(Verb.CANCEL)
    return Part(operation.pk, operation.created_by, "needed", NOW)


def rows_of(*jobs):
    return locked(Job.objects.order_by(), [job.pk for job in jobs])


def test_who_comes_second_with_a_key_has_the_operation_of_the_first(make_job, admin_user, monkeypatch):
    make_job()
    asked, how = AskedOfMany(Verb.CANCEL), {"reason": "needed", "by": admin_user, "now": NOW, "idempotency_key": "once"}
    first = making.begin(asked, **how)
    answers = iter([None, first.operation])
    monkeypatch.setattr(making, "_earlier", lambda by, key: next(answers))
    assert making.begin(asked, **how) == making.Begun(first.operation, created=False)


def test_what_the_database_refuses_for_another_cause_is_raised(make_job, admin_user, monkeypatch):
    make_job()

    def create(**values):
        raise IntegrityError("another rule")

    monkeypatch.setattr(Operation.objects, "create", create)
    with pytest.raises(IntegrityError, match="another rule"):
        making.begin(AskedOfMany(Verb.CANCEL), reason="needed", by=admin_user, now=NOW)


def test_a_job_whose_row_somebody_had_is_moved_by_itself(make_job, part):
    job = make_job(600)
    asked = AskedOfMany(Verb.RESCHEDULE, by_seconds=60)
    assert singly._ask(asked, job, part).done
    assert Job.objects.get(pk=job.pk).run_at == job.run_at + timedelta(seconds=60)
    job.run_at = LATEST_RUN_AT
    with pytest.raises(ValidationError, match=words.BEYOND):
        singly._ask(asked, job, part)


def test_why_a_job_stays_is_said(make_job):
    job = make_job()
    answer = Answer(done=False, why="", job=job)
    assert singly._why(answer) == words.in_state(State.PENDING)
    assert singly._why(replace(answer, forbidden=True)) == words.TARGET_OF_OTHERS
    assert singly._why(replace(answer, job=None)) == words.GONE


def test_causes_beyond_the_most_are_counted_together():
    counts = {str(n): 1 for n in range(words.MOST)}
    words.add(counts, "one more", 2)
    words.add(counts, "0")
    assert (counts[words.OTHERS], counts["0"], "one more" in counts) == (2, 2, False)


def test_jobs_that_are_no_more_as_they_were_locked_are_changed_neither_way(make_job, part):
    job, other = make_job(600), make_job(600)
    rows = rows_of(job, other)
    assert [row.due for row in rows] == [job.run_at, other.run_at]
    Job.objects.filter(pk=job.pk).update(state=State.CANCELLED, finished_at=NOW)
    with pytest.raises(NotAll), transaction.atomic():
        cancel_each(rows, part)
    with pytest.raises(NotAll), transaction.atomic():
        requeue_each([Anew(row, row.run_at, False, None) for row in rows_of(other)] * 2, now=NOW)
    assert Job.objects.get(pk=other.pk).state == State.PENDING
