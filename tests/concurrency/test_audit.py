"""Two people who change one thing at the same time: the second row of the audit begins where the first ended."""

import pytest
from django.db import transaction

from jobs.models import Audit, Kind, Limit, Trigger
from jobs.transitions import definitions
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from tests.concurrency.steps import PATIENCE, beside, wait_for_its_lock
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_a_limit():
    Limit.objects.create(name="mail", concurrency=1)
    mail = Name(Kind.QUEUE, "mail")
    with transaction.atomic():
        Limit.objects.update(concurrency=2)
        later = beside(lambda: pausing.limit(mail, now=NOW, concurrency=3, rate=None, burst=1))
        wait_for_its_lock(later)
    later.result(PATIENCE)
    row = Audit.objects.get()
    assert (row.before["concurrency"], row.after["concurrency"]) == (2, 3)


def test_of_a_trigger():
    Trigger.objects.create(name="books", target="demo.noop", queue="one")
    with transaction.atomic():
        Trigger.objects.update(queue="two")
        later = beside(lambda: definitions.define_trigger("books", {"queue": "three"}, by=None, now=NOW))
        wait_for_its_lock(later)
    later.result(PATIENCE)
    row = Audit.objects.get()
    assert (row.before["queue"], row.after["queue"]) == ("two", "three")
