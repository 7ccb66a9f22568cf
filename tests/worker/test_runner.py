"""One job on a worker: never early, always recorded, whatever its body or the database does."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection, connections, transaction

from jobs import targets, transitions
from jobs.clock import clock
from jobs.models import Attempt, Job, Worker
from jobs.states import State
from jobs.targets import registry
from jobs.transitions import WorkerIdentity
from jobs.worker import runner

pytestmark = pytest.mark.django_db

WORKER = WorkerIdentity("w1@test", uuid.uuid4())


def job(after=0.0, target="demo.noop", payload=None):
    job = Job.objects.create(target=target, payload=payload or {}, run_at=clock.now() + timedelta(seconds=after))
    job.refresh_from_db()
    return job


@pytest.fixture
def body(monkeypatch):
    """Register a target whose body is a function of the test."""
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    def register(function):
        targets.target("test.body")(function)
        return "test.body"

    return register


def run(job):
    runner.run(job.pk, job.version, WORKER)
    job.refresh_from_db()
    return job


def test_it_waits_for_the_instant_runs_and_records(body):
    seen = []
    due = job(0.3, body(lambda: seen.append((clock.timestamp(), Job.objects.get().state))))
    done = run(due)
    assert done.state == State.COMPLETED
    ((entered, state),) = seen
    assert state == State.RUNNING, "committed before the body runs"
    assert done.run_at <= done.execute_at <= done.finished_at
    assert done.execute_at.timestamp() <= entered
    assert done.locked_at < done.run_at
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.started_at, attempt.worker) == (State.COMPLETED, done.execute_at, "w1@test")


def test_an_overdue_job_does_not_wait():
    assert run(job(-5)).delay_ms >= 5000


@pytest.mark.parametrize("due", [0.0, 0.000001, 0.000499, 0.0123456])
def test_no_rounding_makes_a_start_early(due):
    moment = datetime.fromtimestamp(int(clock.timestamp()) + 1 + due, tz=UTC) - timedelta(seconds=1)
    for _ in range(50):
        moment += timedelta(microseconds=997)
        assert runner.wait_until(moment) >= moment


def test_a_sleep_that_ends_early_is_slept_again(monkeypatch):
    slept = []
    monkeypatch.setattr(runner.time, "sleep", slept.append)
    moment = clock.now() + timedelta(seconds=0.002)
    assert runner.wait_until(moment) >= moment
    assert len(slept) > 1


@pytest.mark.parametrize(
    ("error", "reason"), [(KeyError("which"), "KeyError: 'which'"), (SystemExit(3), "SystemExit: 3")]
)
def test_a_failing_body_fails_the_job_with_the_reason(body, error, reason):
    def boom():
        raise error

    done = run(job(target=body(boom)))
    assert (done.state, done.reason) == (State.FAILED, reason)
    assert done.execute_at is not None
    assert Attempt.objects.get().error == reason


def test_nothing_runs_when_nothing_was_acquired(body):
    due = job(target=body(lambda: pytest.fail("it ran")))
    transitions.cancel(due.pk, now=clock.now(), reason="")
    assert run(due).state == State.CANCELLED


def test_a_row_moved_far_away_is_not_held(body):
    due = job(3600, body(lambda: pytest.fail("it ran")))
    assert run(due).state == State.PENDING


def test_an_end_after_the_job_was_settled_is_evidence_only(body):
    def settled():
        transitions.interrupt([WORKER.session], now=clock.now(), reason="thought gone")

    done = run(job(target=body(settled)))
    assert done.state == State.INTERRUPTED
    assert "Ended as completed" in Attempt.objects.get().error


class Flaky:
    """Fails some times, before or after it has done what it was asked."""

    def __init__(self, function, times, after=False):
        self.function, self.times, self.after = function, times, after

    def __call__(self, *args, **kwargs):
        result = self.function(*args, **kwargs) if self.after or not self.times else None
        if self.times:
            self.times -= 1
            raise OperationalError("server closed the connection unexpectedly")
        return result


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(runner, "DATABASE_RETRIES", (0.0,))
    monkeypatch.setattr(runner, "LONGEST_RETRY", 0.0)
    monkeypatch.setattr(connection, "close", lambda: None)
    return monkeypatch


def test_a_lost_commit_that_took_effect_is_found_by_its_token(impatient):
    impatient.setattr(transitions, "acquire", Flaky(transitions.acquire, times=1, after=True))
    assert run(job()).state == State.COMPLETED
    assert Attempt.objects.count() == 1


def test_a_lost_commit_that_did_not_take_effect_is_tried_again(impatient):
    impatient.setattr(transitions, "acquire", Flaky(transitions.acquire, times=2))
    assert run(job()).state == State.COMPLETED
    assert Attempt.objects.count() == 1


def test_a_database_that_fails_each_time_starts_nothing(impatient):
    impatient.setattr(transitions, "acquire", Flaky(transitions.acquire, times=9))
    assert run(job()).state == State.PENDING
    assert not Attempt.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_whether_a_commit_was_lost_is_not_asked_while_it_may_still_come(impatient):
    due = job()
    with transaction.atomic():
        list(Job.objects.unlocked(due.pk))
        with ThreadPoolExecutor(1) as other:

            def ask():
                try:
                    transitions.acquired_by(due.pk, uuid.uuid4())
                finally:
                    connections.close_all()

            with pytest.raises(OperationalError, match="could not obtain lock"):
                other.submit(ask).result()
    assert transitions.acquired_by(due.pk, uuid.uuid4()) is None


def test_the_end_of_a_job_is_recorded_when_the_database_is_back(impatient):
    impatient.setattr(transitions, "finish", Flaky(transitions.finish, times=3))
    assert run(job()).state == State.COMPLETED


def test_the_end_of_a_job_is_never_given_up(impatient):
    impatient.setattr(transitions, "finish", Flaky(transitions.finish, times=50))
    assert run(job()).state == State.COMPLETED


def test_an_error_of_ours_after_the_row_was_taken_leaves_no_job_running_for_ever(monkeypatch):
    monkeypatch.setattr(runner, "call", lambda started: 1 / 0)
    done = run(job())
    assert done.state == State.INTERRUPTED
    assert "not of the job" in done.reason
    assert Attempt.objects.get().outcome == State.INTERRUPTED


@pytest.fixture
def slept(monkeypatch):
    """The worker is stopped for a minute between the row lock and the body."""
    wait = runner.wait_until
    steady = runner.steady

    def wait_and_sleep(moment):
        waited = wait(moment)
        monkeypatch.setattr(runner, "steady", lambda: steady() + 60)
        return waited

    monkeypatch.setattr(runner, "wait_until", wait_and_sleep)


@pytest.mark.django_db(transaction=True)
def test_a_body_that_leaves_a_transaction_open_does_not_take_the_next_start_into_it(body):
    """Else that start would never commit, and another slot would make it again."""

    def leave_open():
        transaction.set_autocommit(False)
        Job.objects.create(target="left.behind", payload={}, run_at=clock.now())

    first, second = job(target=body(leave_open)), job()

    def slot():
        runner.run(first.pk, first.version, WORKER)
        runner.run(second.pk, second.version, WORKER)
        connection.close()

    thread = threading.Thread(target=slot)
    thread.start()
    thread.join()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.COMPLETED, State.COMPLETED)
    assert not Job.objects.filter(target="left.behind").exists()


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


def test_the_clock_is_compared_at_each_acquisition(monkeypatch):
    compared = []
    monkeypatch.setattr(clock, "check", lambda read, asked: compared.append(read.timestamp() - asked))
    run(job())
    assert compared == [pytest.approx(0, abs=1)]


@pytest.mark.django_db(transaction=True)
def test_everybody_can_see_the_start_before_the_body_runs(body):
    """Committed, not only written: a worker that dies in the body has started the job."""
    seen = []

    def look():
        seen.append((Job.objects.get().state, Attempt.objects.open().count()))
        connection.close()

    def from_another_connection():
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    run(job(target=body(from_another_connection)))
    assert seen == [(State.RUNNING, 1)]


@pytest.mark.django_db(transaction=True)
def test_of_many_that_have_the_message_one_runs_it(body):
    ran = []
    due = job(0.2, body(lambda: ran.append(1)))
    start = threading.Barrier(8)

    def worker(n):
        start.wait()
        runner.run(due.pk, due.version, WorkerIdentity(f"w{n}@test", uuid.uuid4()))
        connection.close()

    threads = [threading.Thread(target=worker, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == [1]
    assert Attempt.objects.filter(job=due).count() == 1
