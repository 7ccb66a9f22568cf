"""What a new job may wait for, and what has ended before it came."""

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jobs import rules
from jobs.models import Dependency, Job
from jobs.states import Awaited, State
from tests.conftest import NOW
from tests.transitions.steps import again, run, sees

pytestmark = pytest.mark.django_db
ANY = Awaited.ANY


@pytest.mark.parametrize(
    ("outcome", "end", "then"),
    [("COMPLETED", "success", State.PENDING), ("FAILED", "any", State.PENDING), ("FAILED", "success", State.SKIPPED)],
)
def test_those_that_have_ended_before_are_not_waited_for(make_job, published, outcome, end, then):
    first = make_job(1)
    run(first, State[outcome])
    published.clear()
    child = make_job(1, waits_for=[first.pk], waits_for_end=end)
    assert sees(child) == (then, 0)
    assert [listed.id for listed in published] == ([child.pk] if then == State.PENDING else [])


def test_what_it_waits_for_must_exist_and_be_seen(make_job, django_user_model):
    with pytest.raises(ValidationError, match="There is no job 999999"):
        make_job(1, waits_for=[999_999])
    first, ann = make_job(1), User.objects.create_user("ann")
    with pytest.raises(ValidationError, match=r"jobs\.view_job"):
        make_job(1, waits_for=[first.pk], by=ann)
    ann.user_permissions.set(Permission.objects.filter(codename="view_job"))
    assert make_job(1, waits_for=[first.pk], by=User.objects.get(pk=ann.pk)).holds
    assert not again(make_job(1)).has_dependents


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"waits_for": [0]}, "0 is not the id of a job"),
        ({"waits_for": [2**63]}, "is not the id of a job"),
        ({"waits_for": list(range(1, 1002))}, "These are 1001 jobs; 1000 at most"),
        ({"waits_for_end": "perhaps"}, "give success or any"),
    ],
)
def test_what_cannot_be_waited_for_is_refused(fields, says):
    with pytest.raises(ValidationError, match=says):
        rules.check_new_job(target="demo.noop", payload={}, run_at=NOW, now=NOW, **fields)


def test_the_table_refuses_circles(make_job):
    first, second = make_job(1), make_job(1)
    for pair in ((first, second), (first, first)):
        with pytest.raises(IntegrityError, match="jobs_dependency_on_older"), transaction.atomic():
            Dependency.objects.create(job=pair[0], waits_for=pair[1])
    with pytest.raises(IntegrityError, match="jobs_waits_for_end_known"), transaction.atomic():
        Job.objects.filter(pk=first.pk).update(waits_for_end="perhaps")
