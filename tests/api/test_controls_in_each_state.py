"""What can be done to a job in each of its states: what pages offer is what REST does, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.models import Job
from jobs.states import Hold, State
from jobs.web import controls
from tests.api.conftest import JOBS, bearer
from tests.transitions.steps import in_state

# By hand, and not from jobs/rules/controls.py: whoever changes that table is to be asked whether it is meant.
OFFERED = {
    State.PENDING: {"run-now", "cancel"},
    State.RUNNING: {"cancel"},
    State.COMPLETED: set(),
    State.FAILED: {"retry"},
    State.CANCELLED: {"retry"},
    State.INTERRUPTED: {"confirm-done", "confirm-failed", "retry"},
    State.SKIPPED: {"retry"},
}
ADDRESSES = ("approve", "cancel", "confirm-done", "confirm-failed", "retry", "run-now")


@pytest.fixture
def grace(db: None) -> User:
    return User.objects.create_superuser("grace")


@pytest.mark.parametrize("state", State)
def test_pages_offer(grace: User, state: State) -> None:
    job = Job(state=state, holds=0)
    assert {button.name for button in controls.offered(job, grace)} == OFFERED[state]
    assert controls.is_offered(controls.RESCHEDULE, job, grace) == (state == State.PENDING)


def test_pages_offer_approval_to_those_who_may_where_it_is_waited_for(grace: User, operator: User) -> None:
    waits = Job(state=State.PENDING, holds=Hold.APPROVAL | Hold.KEY)
    assert {button.name for button in controls.offered(waits, grace)} == {"approve", "run-now", "cancel"}
    assert {button.name for button in controls.offered(waits, operator)} == {"run-now", "cancel"}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("state", State)
def test_rest_does(operator: User, make_job: Any, state: State, address: str) -> None:
    operator.user_permissions.add(Permission.objects.get(codename="approve_job"))
    job = in_state(make_job, state)
    body = {} if address == "run-now" else {"reason": "seen"}
    answer = bearer(operator).post(f"{JOBS}{job.pk}/{address}/", body, content_type="application/json")
    assert answer.status_code == (200 if address in OFFERED[state] else 409), answer.content


@pytest.mark.parametrize("state", State)
def test_rest_reschedules_what_has_not_started(api: Client, make_job: Any, state: State) -> None:
    job = in_state(make_job, state)
    answer = api.patch(f"{JOBS}{job.pk}/", {"run_at": "2100-01-01T00:00:00Z"}, content_type="application/json")
    assert answer.status_code == (200 if state == State.PENDING else 409), answer.content
