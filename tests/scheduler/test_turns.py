"""What was left behind is found in parts: a call that runs out of time says so, and the next goes on from there."""

import pytest

from jobs.models import Job
from jobs.scheduler import turns as service
from jobs.scheduler.turns import Turns
from jobs.states import Hold
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

KEYS = [f"k{number}" for number in range(5)]


@pytest.fixture
def lines(monkeypatch):
    """Lines of one that waits each, for places that are free; two are looked at at a time."""
    monkeypatch.setattr(service, "AT_A_TIME", 2)
    for key in KEYS:
        Job.objects.create(target="demo.noop", payload={}, run_at=NOW, key=key, holds=Hold.KEY)


def test_a_call_that_has_the_time_looks_at_all_lines(lines):
    one = Turns()
    one(now=NOW)
    assert sorted(Job.objects.filter(holds=0).values_list("key", flat=True)) == KEYS
    assert not one.more


def test_one_that_runs_out_of_time_says_so_and_the_next_goes_on_where_it_was(lines, monkeypatch):
    """Whoever waits in the last of many lines would else wait for ever: those before it stay, if nobody may go."""
    at, looked = [0.0], []

    def slow(names, **more):
        if names:
            looked.extend(one.name for one in names)
            at[0] += 0.6 * service.SECONDS

    monkeypatch.setattr(service, "promote", slow)
    monkeypatch.setattr(service, "steady", lambda: at[0])
    one, calls = Turns(), []
    for _ in range(4):
        looked.clear()
        one(now=NOW)
        calls.append((list(looked), one.more))
    first, second = (KEYS[:4], True), (KEYS[2:], True)
    assert calls == [first, second, (KEYS[4:], False), first], "a part whose look took all the time is looked at again"
