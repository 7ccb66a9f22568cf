"""Commands of which each run waits for the approval of a second person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User

from jobs import targets, transitions
from jobs.models import Job
from jobs.states import Hold
from jobs.transitions.schedules.single import give_arguments
from tests.conftest import NOW
from tests.transitions.schedules.life import acquire as acquire_at
from tests.transitions.schedules.life import make, minutes, next_job
from tests.transitions.steps import acquire, again

WIPE = {"command": "wipe"}
LIST = {"command": "list"}
FIRST = datetime(2030, 1, 1, 12, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def two(named):
    named(wipe={"program": "/bin/true", "approval": True}, list={"program": "/bin/true"})


@pytest.mark.parametrize(
    ("payload", "waits"),
    [(WIPE, True), (LIST, False), ({"command": ["wipe"]}, False), ({}, False), (["wipe"], False), (None, False)],
)
def test_only_a_command_whose_entry_says_so_waits(payload, waits):
    assert targets.is_dangerous("command", payload) is waits


@pytest.mark.django_db
def test_it_waits_from_its_creation_on_until_somebody_else_approves(make_job):
    ann, bob = User.objects.create(username="ann"), User.objects.create(username="bob")
    assert make_job(target="command", payload=LIST, by=ann).held_by == 0
    job = make_job(target="command", payload=WIPE, by=ann)
    assert job.held_by == Hold.APPROVAL
    assert not transitions.approve(job.pk, now=NOW, by=ann).done
    assert transitions.approve(job.pk, now=NOW, by=bob).done
    assert again(job).held_by == 0


@pytest.mark.django_db
def test_one_that_sql_has_put_there_waits_too(make_job):
    job, other = make_job(1, target="command", payload=WIPE), make_job(1, target="command", payload=LIST)
    Job.objects.update(holds=0)
    assert acquire(again(job)) is None
    assert again(job).held_by == Hold.APPROVAL
    assert acquire(again(other)) is not None


@pytest.mark.django_db
def test_each_run_of_a_schedule_waits_and_one_whose_own_arguments_name_it():
    wipes, lists = make(name="w", target="command", payload=WIPE), make(name="l", target="command", payload=LIST)
    assert (next_job(wipes).held_by, next_job(lists).held_by) == (Hold.APPROVAL, 0)
    assert give_arguments(lists.pk, FIRST + minutes(5), payload=WIPE, reason="", by=None, now=NOW).done
    assert acquire_at(next_job(lists), now=FIRST) is not None
    assert (next_job(lists).payload, next_job(lists).held_by) == (WIPE, Hold.APPROVAL)
