"""People who come by one link at the same moment: of the last use there is one."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.models import Form, FormLink, Job
from jobs.transitions import forms
from jobs.transitions.forms import filling
from tests.concurrency.steps import PATIENCE, at_once, beside, wait_for_its_lock

pytestmark = pytest.mark.django_db(transaction=True)
MAY = {"argument-message": "2030-01"}


@pytest.fixture
def form():
    told = {"name": "log", "title": "Log", "confirmation": "Thank you.", "fields": [{"name": "message"}]}
    return Form.objects.create(target="demo.log", **told)


@pytest.fixture
def make_link(form, settings):
    settings.JOBS_FORM_CREATION_RATE = 1000  # the budget is not what is asked here

    def make(uses):
        from jobs.clock import clock  # noqa: PLC0415 - the database's, once there is one

        by = User.objects.get_or_create(username="olga", is_superuser=True)[0]
        made = forms.make(form, forms.AskedLink("suppliers", 3, uses, uses), by=by, now=clock.current())
        return made.link, f"/f/{made.secret}/"

    return make


def test_of_two_who_come_for_the_last_use_one_is_noted(make_link):
    for _ in range(5):
        before = Job.objects.count()
        link, address = make_link(1)
        answers = at_once(lambda at: Client().post(at, MAY).status_code, [address] * 2)
        assert sorted(answers) == [200, 410]
        assert Job.objects.count() - before == 1
        link.refresh_from_db()
        assert link.uses == 1


def test_who_comes_while_the_last_use_is_written_down_waits_and_is_refused(make_link, monkeypatch):
    """The second has seen a use left before the first is done."""
    link, address = make_link(1)
    created, go_on = threading.Event(), threading.Event()

    def hold(*args, do=filling._created, **asked):
        made = do(*args, **asked)
        created.set()
        assert go_on.wait(PATIENCE)
        return made

    monkeypatch.setattr(filling, "_created", hold)
    first = beside(lambda: Client().post(address, MAY).status_code)
    assert created.wait(PATIENCE)
    second = beside(lambda: Client().post(address, MAY).status_code)
    try:
        wait_for_its_lock(second)
    finally:
        go_on.set()
    assert (first.result(PATIENCE), second.result(PATIENCE)) == (200, 410)
    assert Job.objects.count() == 1
    assert FormLink.objects.get(pk=link.pk).uses == 1


def test_a_form_that_is_sent_twice_at_once_is_one_job(make_link):
    link, address = make_link(5)
    sent = {**MAY, "once": "0" * 32}
    assert at_once(lambda at: Client().post(at, sent).status_code, [address] * 4) == [200] * 4
    link.refresh_from_db()
    assert (Job.objects.count(), link.uses) == (1, 1)
