"""What a program proposes, and a person decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from jobs import proposals
from jobs.models import Job, Proposal
from jobs.states import State
from tests.monitor.rows import pending

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def proposed(job: Job, reason: str) -> Proposal:
    ida, now = User.objects.get_or_create(username="ida", is_superuser=True)[0], datetime.now(tz=UTC)
    return proposals.propose_verb(Proposal.Action.CANCEL, job.pk, by=ida, now=now, reason=reason)


def test_a_proposal_is_read_and_approved_and_another_refused(somebody: Any, many: None) -> None:
    at = datetime.now(tz=UTC) + timedelta(hours=2)
    invoices, books = pending(at, name="the invoices"), pending(at, name="the books")
    otto = somebody("operator", "otto")
    proposed(invoices, "They went out yesterday.")
    with otto.task("Approve what a program proposes"):
        otto.press("Proposals")
        otto.reads("They went out yesterday.")
        otto.picture("A proposal")
        otto.press("Approve")
        otto.reads(f"Job {invoices.pk} was cancelled.")
    proposed(books, "Nobody reads them.")
    with otto.task("Refuse what a program proposes"):
        otto.press("Proposals")
        otto.press("Refuse it", starts=True)
        otto.type("reason", "The auditors do.")
        otto.press("Refuse")
        otto.reads("nothing was done")
    assert Job.objects.get(pk=invoices.pk).state == State.CANCELLED
    assert Job.objects.get(pk=books.pk).state == State.PENDING
