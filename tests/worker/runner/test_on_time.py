"""Never early, and not at all when the time or the job is another by now."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs import transitions
from jobs.clock import clock, steady
from jobs.models import Attempt, Job, Worker
from jobs.states import State
from jobs.transitions import Started
from jobs.worker.run import runner, together
from jobs.worker.run.runner import Armed
from tests.worker.runner.steps import WORKER, job, run

pytestmark = pytest.mark.django_db


def test_it_waits_for_the_instant_runs_and_records(body):
    seen = []
    due = job(0.3, body(lambda: seen.append((clock.timestamp(), Job.objects.get().state))))
    done = run(due)
    assert done.state == State.COMPLETED
    ((entered, state),) = seen
    assert state == State.RUNNING, "committed before the body runs"
    assert done.run_at <= done.execute_at <= done.finished_at
    assert done.execute_at.timestamp() <= entered + clock.uncertainty
    assert done.locked_at < done.run_at
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.started_at, attempt.worker) == (State.COMPLETED, done.execute_at, "w1@test")


def test_an_overdue_job_does_not_wait():
    assert run(job(-5)).delay_ms >= 5000


def entered(moment, spin):
    return datetime.fromtimestamp(runner.wait_until(moment.timestamp(), spin), tz=UTC)


@pytest.mark.parametrize("spin", [0.0, runner.SPIN])
@pytest.mark.parametrize("due", [0.0, 0.000001, 0.000499, 0.0123456])
def test_no_rounding_makes_a_start_early(due, spin):
    moment = datetime.fromtimestamp(int(clock.timestamp()) + 1 + due, tz=UTC) - timedelta(seconds=1)
    for _ in range(50):
        moment += timedelta(microseconds=997)
        assert entered(moment, spin) >= moment


def test_a_sleep_that_ends_early_is_slept_again(monkeypatch):
    slept = []
    monkeypatch.setattr(runner.time, "sleep", slept.append)
    moment = clock.now() + timedelta(seconds=0.002)
    assert entered(moment, 0.0) >= moment
    assert len(slept) > 1


@pytest.mark.parametrize(("among", "spins"), [(1, True), (runner.CROWD, True), (runner.CROWD + 1, False)])
def test_a_crowd_leaves_the_cores_to_those_that_are_due(monkeypatch, among, spins):
    slept = []
    wait = runner.wait_until
    monkeypatch.setattr(runner, "wait_until", lambda due, spin: slept.append(spin) or wait(due, spin))
    started = Started(1, 1, "demo.noop", {}, (at := clock.now()), at, None)
    runner.run(Armed(started, WORKER.session, steady(), clock.reading, among))
    assert slept == [runner.SPIN if spins else 0.0]


def test_the_clock_is_compared_at_each_acquisition(monkeypatch):
    compared = []
    monkeypatch.setattr(clock, "check", lambda read, asked: compared.append(read.timestamp() - asked))
    run(job())
    assert compared == [pytest.approx(0, abs=1)]


def test_nothing_runs_when_nothing_was_acquired(body):
    due = job(target=body(lambda: pytest.fail("it ran")))
    transitions.cancel(due.pk, now=clock.now(), reason="")
    assert run(due).state == State.CANCELLED


def test_a_row_moved_far_away_is_not_held(body):
    due = job(3600, body(lambda: pytest.fail("it ran")))
    assert run(due).state == State.PENDING


@pytest.fixture
def slept(monkeypatch):
    """The worker is stopped for a minute between the row lock and the body."""
    wait = runner.wait_until
    steady = runner.steady

    def wait_and_sleep(due, spin):
        waited = wait(due, spin)
        for module in (runner, together):
            monkeypatch.setattr(module, "steady", lambda: steady() + 60)
        return waited

    monkeypatch.setattr(runner, "wait_until", wait_and_sleep)


def alive(**values):
    Worker.objects.create(session=WORKER.session, name=WORKER.name, pid=1, pool="thread", slots=1, **values)


def test_a_worker_that_slept_and_was_declared_gone_does_not_enter_the_body(body, slept):
    alive(gone_at=clock.now())
    done = run(job(target=body(lambda: pytest.fail("it ran"))))
    assert done.state == State.RUNNING, "whoever declared it gone settles it"


def test_a_worker_that_slept_but_still_counts_says_so_and_goes_on(body, slept):
    alive(heartbeat_at=clock.now() - timedelta(seconds=61))
    assert run(job(target=body(lambda: None))).state == State.COMPLETED
    assert Worker.objects.get().heartbeat_at > clock.now() - timedelta(seconds=60)
