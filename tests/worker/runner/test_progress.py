"""A body says how far it is: others see it within a second, and nothing it says costs it time or its end."""

import threading
import time

import pytest
from django.db import OperationalError, connection, transaction

from jobs import targets, transitions
from jobs.models import Attempt
from jobs.states import State
from jobs.worker.run import current, threads
from jobs.worker.run.progress import Reports, reports
from tests.transitions.steps import acquire, finish
from tests.worker.runner.steps import job, run


def seen_within(seconds, share):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if Attempt.objects.get().progress == share:
            return True
        time.sleep(0.02)
    return False


def ended_thread():
    until = time.monotonic() + 10
    while reports._thread is not None and time.monotonic() < until:
        time.sleep(0.02)
    return reports._thread is None


@pytest.mark.django_db(transaction=True)
def test_it_is_live_and_written_at_most_once_a_second(body, monkeypatch):
    writes = []
    report = transitions.report_progress
    monkeypatch.setattr(transitions, "report_progress", lambda said: writes.append(said[0]) or report(said))
    live = []

    def work(ctx: targets.Context):
        ctx.progress(0.25, "a quarter")
        live.append(seen_within(5, 0.25))
        for n in range(1000):
            ctx.progress(n / 1000, "more")
        ctx.progress(1, "all")

    begun = time.monotonic()
    done = run(job(target=body(work)))
    assert done.state == State.COMPLETED
    assert live == [True]
    attempt = Attempt.objects.get()
    assert (attempt.progress, attempt.progress_note) == (1.0, "all"), "the last word goes with the end"
    assert ended_thread(), "with nothing to write there is no thread"
    assert len(writes) <= 2 + (time.monotonic() - begun)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("said", "share"), [(7, 1.0), (-1, 0.0), (float("nan"), None), ("half", None), (None, None), ("0.5", 0.5)]
)
def test_no_report_fails_a_job(body, said, share):
    def work(ctx: targets.Context):
        ctx.progress(said)

    assert run(job(target=body(work))).state == State.COMPLETED
    assert Attempt.objects.get().progress == share
    assert ended_thread()


def test_a_database_that_fails_costs_a_report_and_nothing_else(monkeypatch):
    tries = []

    def fail(said):
        tries.append(said)
        raise OperationalError("away")

    monkeypatch.setattr(transitions, "report_progress", fail)
    mine = Reports()
    context = targets.Context(1, 1, None)
    context.execution.on_progress = mine.put
    context.progress(0.5)
    until = time.monotonic() + 5
    while not tries and time.monotonic() < until:
        time.sleep(0.01)
    context.progress(0.75)
    while len(tries) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert [said[0].share for said in tries] == [0.5, 0.75]


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_nobody_who_has_the_row(make_job):
    started = acquire(make_job())
    with transaction.atomic():
        Attempt.objects.select_for_update().get()
        other = threading.Thread(target=report_and_close, args=(started.job_id,))
        other.start()
        other.join(5)
        assert not other.is_alive()
    assert Attempt.objects.get().progress is None, "left for the next time"


def report_and_close(job_id, number=1, share=0.5):
    transitions.report_progress([transitions.Progress(job_id, number, share, "")])
    connection.close()


@pytest.mark.django_db
def test_a_start_that_has_ended_says_nothing_more(make_job):
    started = acquire(make_job())
    finish(started)
    transitions.report_progress([transitions.Progress(started.job_id, 1, 0.5, "late")])
    assert Attempt.objects.get().progress is None


@pytest.mark.django_db
def test_the_thread_that_writes_is_no_body_s(body, monkeypatch):
    """It serves the bodies after this one, too: its connection must not end with this one."""
    threads.install()
    seen = []
    monkeypatch.setattr(transitions, "report_progress", lambda reports: seen.append(current.here()))

    def talk(ctx: targets.Context):
        ctx.progress(0.5)
        while not seen:
            time.sleep(0.01)

    assert run(job(target=body(talk))).state == State.COMPLETED
    assert seen == [None]
    assert ended_thread()
