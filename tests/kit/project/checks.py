"""Tests of the small project. Those whose names begin with `test_fails` are to fail: others look at their words."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import TransactionTestCase
from shop.targets import DONE

from jobs import acting_as, schedule, schedule_many
from jobs.models import Attempt, Audit, Job
from jobs.states import State
from jobs.transitions import run_now

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _nothing_done():
    DONE.clear()


def test_what_is_due_runs_in_the_order_of_its_time_by_a_clock_that_is_moved(runat):
    begun = runat.now
    for text, hours in [("c", 3), ("a", 1), ("b", 2), ("later", 30)]:
        schedule("shop.note", {"text": text}, run_at=begun + hours * HOUR)
    ran = runat.run_due(until=begun + 10 * HOUR)
    assert [("a", begun + HOUR), ("b", begun + 2 * HOUR), ("c", begun + 3 * HOUR)] == DONE
    assert [job.result for job in ran] == [{"noted": text} for text in "abc"]
    assert runat.now == begun + 10 * HOUR
    assert runat.scheduled("shop.note").run_at == begun + 30 * HOUR


def test_nothing_starts_before_its_time_and_now_is_enough_for_now(runat):
    schedule("shop.note", {"text": "now"})
    schedule("shop.note", {"text": "soon"}, run_at=runat.now + HOUR)
    assert len(runat.run_due()) == 1
    runat.travel(HOUR - timedelta(microseconds=1))
    assert runat.run_due() == []
    runat.travel(timedelta(microseconds=1))
    assert [job.result for job in runat.run_due()] == [{"noted": "soon"}]


def test_each_start_is_in_the_ledger_with_its_exact_time(runat):
    job = schedule("shop.note", {"text": "x"}, run_at=runat.now + HOUR)
    runat.run_due(HOUR)
    attempt = Attempt.objects.get(job_id=job.id)
    row = Job.objects.get(pk=job.id)
    assert (attempt.number, attempt.outcome, attempt.started_at) == (1, State.COMPLETED, job.run_at)
    assert (row.execute_at, row.delay_ms) == (job.run_at, 0)


def test_a_failure_keeps_what_its_body_has_written_as_on_a_worker(runat):
    schedule("shop.fail", {"words": "ada"})
    (job,) = runat.run_due()
    assert (job.state, job.reason) == (State.FAILED, "ValueError: ada")
    assert "raise ValueError(words)" in job.error
    assert User.objects.filter(username="ada").exists()


def test_an_error_of_the_database_spoils_only_its_own_job(runat):
    schedule("shop.break_database")
    schedule("shop.note", {"text": "after"})
    broken, after = runat.run_due()
    assert (broken.state, after.state) == (State.FAILED, State.COMPLETED)
    assert 'relation "nowhere" does not exist' in broken.reason


def test_what_a_body_schedules_runs_in_its_turn(runat):
    schedule("shop.next", {"left": 3})
    begun = runat.now
    runat.run_due(2 * HOUR)
    assert [(3, begun), (2, begun + HOUR), (1, begun + 2 * HOUR)] == DONE
    assert runat.scheduled("shop.next", left=0).run_at == begun + 3 * HOUR


def test_what_waits_for_the_commit_of_a_body_is_done(runat):
    schedule("shop.after_commit")
    runat.run_due()
    assert DONE == ["committed"]


def test_an_async_target_and_its_context(runat):
    runat.travel(datetime(2099, 1, 1, 12, 30, tzinfo=UTC))
    schedule("shop.wait")
    assert runat.run_due()[0].result == "start 1 at 12:30"


def test_retries_and_dependencies_and_keys(runat):
    again = schedule(
        "shop.fail", {"words": "x"}, rerunnable=True, max_attempts=2, retry_on=["IntegrityError", "ValueError"]
    )
    after = schedule("shop.note", {"text": "after"}, waits_for=[again], waits_for_end="any")
    assert runat.run_due() == [again.refresh()]
    assert after.refresh().state == State.PENDING
    runat.run_due(HOUR)
    assert [Attempt.objects.filter(job_id=again.id).count(), after.refresh().result] == [2, {"noted": "after"}]
    for text in "abc":
        schedule("shop.note", {"text": text}, key="k")
    assert [job.result["noted"] for job in runat.run_due()] == ["a", "b", "c"]


def test_a_wait_after_the_run_returns_at_once(runat):
    job = schedule("shop.note", {"text": "x"})
    runat.run_due()
    assert job.wait(timeout=1).result == {"noted": "x"}


def test_scheduled_finds_by_some_of_the_arguments(runat):
    ids = schedule_many([{"target": "shop.note", "payload": {"text": t, "number": n}} for t, n in [("a", 1), ("a", 2)]])
    assert runat.scheduled("shop.note", number=2).id == ids[1]
    assert [job.id for job in runat.all_scheduled("shop.note", text="a")] == ids
    assert runat.all_scheduled("shop.note", text="b") == []
    runat.run_due()
    runat.nothing_scheduled()


def test_who_acts_is_who_has_created(runat):
    ada = User.objects.create_user("ada")
    with acting_as(ada):
        job = schedule("shop.note", {"text": "x"})
    assert Job.objects.get(pk=job.id).created_by == ada


def test_expected_jobs_do_not_fail_a_strict_test(runat):
    runat.fail_on_unexpected()
    schedule("shop.note", {"text": "run"})
    schedule("shop.note", {"text": "looked at"}, run_at=runat.now + HOUR)
    runat.run_due()
    runat.scheduled("shop.note", text="looked at")


@pytest.mark.django_db(transaction=True)
def test_with_real_transactions(runat):
    assert not connection.in_atomic_block
    schedule("shop.note", {"text": "a"}, run_at=runat.now + HOUR)
    schedule("shop.fail", {"words": "b"}, run_at=runat.now + HOUR)
    schedule("shop.after_commit", run_at=runat.now + HOUR)
    assert [job.state for job in runat.run_due(HOUR)] == [State.COMPLETED, State.FAILED, State.COMPLETED]
    assert [("a", runat.now), "committed"] == DONE


def test_the_database_and_transactional_db_by_their_fixtures(transactional_db, runat):
    assert not connection.in_atomic_block
    schedule("shop.break_database")
    (job,) = runat.run_due()
    assert job.state == State.FAILED
    assert User.objects.filter(username="gone").exists()  # each statement is its own, as on a worker


class WithoutTheFixture(TransactionTestCase):
    """Django empties the tables after each, the audit with them."""

    def test_one_that_leaves_a_line_in_the_audit(self):
        before = Audit.objects.count()  # migrations leave some
        schedule("shop.note", {"text": "a"}, run_at=datetime(2099, 1, 1, tzinfo=UTC)).cancel()
        assert (Job.objects.count(), Audit.objects.count()) == (1, before + 1)

    def test_another_that_leaves_a_line_in_the_audit(self):
        self.test_one_that_leaves_a_line_in_the_audit()


def test_the_clock_goes_only_forward(runat):
    with pytest.raises(ValueError, match="goes only forward"):
        runat.travel(-HOUR)
    with pytest.raises(ValueError, match="has no zone"):
        runat.travel(datetime(2099, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="nothing runs until"):
        runat.run_due(-HOUR)


# --- what fails, with these words ---


def test_fails_and_shows_what_there_is(runat):
    schedule("shop.note", {"text": "hello", "number": 2}, run_at=datetime(2099, 1, 1, tzinfo=UTC), queue="q")
    schedule("shop.wait", run_at=datetime(2099, 1, 2, tzinfo=UTC))
    runat.scheduled("shop.note", text="hello", number=3)


def test_fails_with_a_near_name(runat):
    schedule("shop.note", {"text": "hello"})
    runat.scheduled("shop.notes")


def test_fails_where_two_would_do(runat):
    schedule_many([{"target": "shop.note", "payload": {"text": "a"}}] * 2)
    runat.scheduled("shop.note")


def test_fails_where_nothing_should_be(runat):
    schedule("shop.note", {"text": "a"})
    runat.nothing_scheduled()


def test_fails_of_what_nobody_expects(runat):
    runat.fail_on_unexpected()
    schedule("shop.note", {"text": "surprise"})


def test_fails_for_a_target_that_is_not_there(runat):
    Job.objects.create(target="shop.gone", payload={}, run_at=runat.now)
    runat.run_due()


def test_fails_without_end(runat, monkeypatch):
    monkeypatch.setattr("jobs.testing.kit.MOST_STARTS", 5)
    schedule("shop.next", {"left": 10**9})
    runat.run_due(timedelta(days=1))


def test_fails_not_by_way_of_others_after_it_all(runat):
    assert runat.jobs == [], "a test has left jobs behind"
    assert run_now  # the transitions themselves may be used, too
