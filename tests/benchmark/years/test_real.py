"""The benchmarks of an old and of a busy installation on a real server, as small as they go."""

import pytest
from django.contrib.auth.models import User
from django.db import connection

from jobs.models import Attempt, Job, Limit, Worker
from jobs.states import State
from jobs.transitions import retention
from launcher.interrupts import Interrupts
from tests.conftest import NOW
from verification.benchmark.processes.start import RoundFailed
from verification.benchmark.soak import run as soak
from verification.benchmark.soak.options import Asked as ToSoak
from verification.benchmark.years import fill
from verification.benchmark.years import run as years
from verification.benchmark.years.options import Asked

pytestmark = pytest.mark.django_db(transaction=True)


def nothing(*args):
    """Tell nobody."""


def is_left():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM jobs_history")
        history = cursor.fetchone()[0]
    return [history, *(kind.objects.count() for kind in (Job, Attempt, Worker, Limit, User))]


def test_each_question_is_asked_at_each_size_and_nothing_stays(monkeypatch):
    retention.switch(True, now=NOW)
    monkeypatch.setattr(fill, "PER_DAY", 500)
    result = years.After(Asked((3_000, 6_000), 1, None), "t", Interrupts()).carry_out(nothing)
    assert list(result.times) == [3_000, 6_000]
    assert set(result.times[3_000]) == set(result.times[6_000]) > {"take 100 jobs", "REST: stats", "admin: starts"}
    assert result.bytes[6_000]["jobs_history"] > 0
    assert is_left() == [0] * 6


def test_rows_of_others_are_left_alone():
    Job.objects.create(target="demo.noop", payload={}, run_at=NOW, state=State.CANCELLED, finished_at=NOW)
    with pytest.raises(RoundFailed, match="a database of its own"):
        years.After(Asked((500,), 1, None), "t", Interrupts()).carry_out(nothing)
    assert Job.objects.count() == 1


def test_a_held_snapshot_leaves_dead_rows_until_it_is_gone():
    result = soak.Soak(ToSoak(6_000, None), "t", Interrupts()).carry_out(nothing)
    held = result.phases[1]
    assert held.left.of("jobs_job").dead >= 2 * 2_000 > held.vacuumed.of("jobs_job").dead
    assert is_left() == [0] * 6
