"""manage.py retention: the count first, then the switch."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from jobs.clock import clock
from jobs.models import Audit, Installation, Job, WorkerLog
from jobs.states import State
from tests.conftest import NOW
from tests.history.steps import history, hot, move

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _upgraded(monkeypatch):
    monkeypatch.setattr(clock, "current", lambda: NOW)
    Installation.objects.update(retention_on_at=None)


def said(*words):
    out = StringIO()
    call_command("retention", *words, stdout=out)
    return out.getvalue()


def is_on():
    return Installation.current().retention_on_at is not None


def test_it_shows_what_would_go_and_changes_nothing(over):
    for days in (3, 20, 40):
        over(days)
    over(40, State.FAILED)
    WorkerLog.objects.create(action="QUERYLIST", at=NOW - timedelta(days=15))
    lines = said().splitlines()
    assert lines[1].split() == ["completed", "default", "demo.sleep", "3", "1", "2030-01-02", "2030-01-28"]
    assert lines[2].split() == ["failed", "default", "demo.sleep", "1", "0", "2030-05-27", "2030-05-27"]
    assert lines[3] == "4 jobs in jobs_job are over, 1 of them old enough to be removed tomorrow."
    assert lines[4] == "1 rows of the worker log are old enough to be removed at once."
    assert lines[-1].startswith("It is off")
    assert not is_on()
    assert len(hot()) == 4


def test_a_person_switches_it_on_and_off_and_the_audit_says_who(over, monkeypatch):
    User.objects.create_user("ada")
    monkeypatch.setattr("builtins.input", lambda question: "y")
    assert "It is on from now on." in said("--switch-on", "--by", "ada", "--reason", "agreed")
    assert is_on()
    assert "It is on since 2030-01-01 12:00 UTC." in said()
    assert "It was on already." in said("--switch-on", "--no-input")
    said("--switch-off")
    assert not is_on()
    assert [(row.by and row.by.username, row.reason) for row in Audit.objects.all()] == [("ada", "agreed"), (None, "")]


def test_who_says_no_changes_nothing(monkeypatch):
    monkeypatch.setattr("builtins.input", lambda question: "")
    with pytest.raises(CommandError, match="Nothing was changed"):
        said("--switch-on")
    assert not is_on()


def test_a_user_who_is_not_there_is_refused():
    with pytest.raises(CommandError, match="There is no user 'eve'"):
        said("--switch-on", "--by", "eve")


def test_all_comes_back(over, latest, monkeypatch):
    monkeypatch.setattr("jobs.transitions.retention.AT_A_TIME", 2)
    jobs = [over(3) for _ in range(3)]
    latest()
    said("--switch-on", "--no-input")
    move()
    assert history() == [job.pk for job in jobs]
    assert "3 jobs are back in jobs_job." in said("--bring-back")
    assert (history(), is_on(), Job.objects.count()) == ([], False, 4)
