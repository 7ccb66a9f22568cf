"""The same request twice at the same moment, by programs that name nobody: each of its jobs is created once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from jobs import rules, transitions
from jobs.models import Job
from jobs.transitions import KeyInUse, KeyReused
from tests.concurrency.steps import PATIENCE, beside, wait_for_its_lock
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def asked(key):
    return [rules.NewJob("demo.noop", {}, NOW + timedelta(hours=1), idempotency_key=f"{key}/{n}") for n in range(3)]


def test_who_comes_when_the_first_row_is_no_good_any_more_waits_and_creates_none_again():
    """The first row's time passes between the two: what is left begins with another one."""
    new = asked("table")
    with transaction.atomic():
        transitions.create_all(new, now=NOW, by=None)
        other = beside(lambda: transitions.create_all(new[1:], now=NOW, by=None))
        wait_for_its_lock(other)
    with pytest.raises(KeyReused):
        other.result(PATIENCE)
    assert Job.objects.count() == len(new)


def test_a_person_hears_that_it_goes_on_whatever_is_left_of_it():
    new, ada = asked("table"), User.objects.create(username="ada")
    with transaction.atomic():
        transitions.create_all(new, now=NOW, by=ada)
        with pytest.raises(KeyInUse):
            beside(lambda: transitions.create_all(new[1:], now=NOW, by=ada)).result(PATIENCE)
        beside(lambda: transitions.create_all(asked("another"), now=NOW, by=ada)).result(PATIENCE)
    assert Job.objects.count() == 2 * len(new)
