"""Proposals that two people decide at once: one decides, the other is told, and what was done is what is written."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import User

from jobs import proposals
from jobs.models import Audit, Limit, Proposal, Subject
from jobs.proposals import deciding
from jobs.states import State
from jobs.transitions.limits import pausing
from tests.concurrency.steps import PATIENCE, at_once, beside, rows, wait_for_its_lock
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "The invoices came twice."


@pytest.fixture
def two():
    return [User.objects.create(username=name, is_superuser=True) for name in ("otto", "olga")]


def test_of_two_who_approve_a_cancellation_one_does_it_and_the_other_is_told(two):
    for job in rows(10):
        made = proposals.propose_verb(Proposal.Action.CANCEL, job.pk, by=two[0], now=NOW, reason=WHY)
        first, last = at_once(lambda by, pk=made.pk: proposals.approve(pk, by=by, now=NOW), two)
        winner, told, name = (first, last, "otto") if first.done else (last, first, "olga")
        assert (winner.done, told.done) == (True, False)
        assert f"was decided already by {name}" in told.why
        job.refresh_from_db()
        assert job.state == State.CANCELLED
        assert Audit.objects.filter(job_id=job.pk).count() == 1
        assert Audit.objects.filter(subject=Subject.PROPOSAL, name=str(made.pk)).count() == 2


def test_who_refuses_while_a_pause_is_done_is_told_that_it_was(two, monkeypatch):
    otto, olga = two
    made = proposals.propose_pause("mail", by=otto, now=NOW, reason=WHY)
    done, go_on, seen = threading.Event(), threading.Event(), []

    def hold(*args, do=deciding.do, **asked):
        answer = do(*args, **asked)
        done.set()
        assert go_on.wait(PATIENCE)
        return answer

    monkeypatch.setattr(deciding, "do", hold)
    monkeypatch.setattr(
        pausing, "_until_none_enters", lambda: seen.append(beside(Limit.objects.paused().exists).result(PATIENCE))
    )
    approver = beside(lambda: proposals.approve(made.pk, by=otto, now=NOW))
    assert done.wait(PATIENCE)
    refuser = beside(lambda: proposals.refuse(made.pk, by=olga, now=NOW))
    try:
        wait_for_its_lock(refuser)
    finally:
        go_on.set()
    assert approver.result(PATIENCE).done
    assert "was decided already by otto" in refuser.result(PATIENCE).why
    made.refresh_from_db()
    assert (made.outcome, Limit.objects.paused().count()) == ("done", 1)
    assert seen == [True], "others see the pause when the wait for what is on its way begins"
