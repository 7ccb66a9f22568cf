"""What a body returns or knows of its failure is kept with its attempt; where the effect is unknown a person decides."""

import pytest

from jobs import targets
from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.worker.run import runner
from jobs.worker.run.outcome import _seconds
from tests.worker.runner.steps import job, run

pytestmark = pytest.mark.django_db


def test_what_it_returns_is_kept(body):
    assert run(job(target=body(lambda: {"rows": 3}))).state == State.COMPLETED
    assert Attempt.objects.get().result == {"rows": 3}


def test_a_body_that_returns_nothing_leaves_nothing():
    run(job())
    assert Attempt.objects.get().result is None


@pytest.mark.parametrize(
    ("error", "state"), [(targets.TargetFailed, State.FAILED), (targets.OutcomeUnknown, State.INTERRUPTED)]
)
def test_what_it_knows_of_its_failure(body, error, state):
    def fail():
        raise error("no answer", {"status": None})

    done = run(job(target=body(fail)))
    assert (done.state, done.reason) == (state, "no answer")
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.error, attempt.result) == (state, "no answer", {"status": None})


@pytest.mark.parametrize(
    ("error", "kinds"),
    [
        (TimeoutError("late"), ("failure", "TimeoutError", "OSError", "Exception", "BaseException", "object")),
        (targets.TargetFailed("no", kinds=("503", "5xx")), ("failure", "503", "5xx")),
        (targets.OutcomeUnknown("?"), ("unknown",)),
    ],
)
def test_by_which_names_a_job_may_want_another_start(error, kinds):
    def fail():
        raise error

    context = targets.Context(1, 1, clock.now())
    assert runner.call(fail, context).kinds == kinds
    assert runner.call(lambda: None, context).kinds == ()


def test_a_failure_that_was_named_starts_the_job_again(body):
    def fail():
        raise TimeoutError("the payroll is closed")

    due = job(target=body(fail))
    Job.objects.update(rerunnable=True, max_attempts=2, retry_on=["TimeoutError"])
    done = run(due)
    assert (done.state, done.attempt) == (State.PENDING, 1)
    assert done.reason.startswith("TimeoutError: the payroll is closed. Start 2 of 2 is due")


def test_a_body_is_told_which_start_it_is(body):
    seen = []

    def look(ctx: targets.Context, word: str) -> None:
        seen.append((ctx, word))

    targets.target("test.context")(look)
    due = job(target="test.context", payload={"word": "hello"})
    run(due)
    ((ctx, word),) = seen
    assert (ctx.job_id, ctx.attempt, ctx.run_at, word) == (due.pk, 1, due.run_at, "hello")
    assert targets.find("test.context").usage() == "word: str"


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (5, 5.0),
        (0.5, 0.5),
        (None, None),
        (-1, None),
        (float("nan"), None),
        ("soon", None),
        (1e300, None),
        (10**400, None),
    ],
)
def test_how_long_a_target_wants_to_be_left_alone(asked, kept):
    assert _seconds(asked) == kept
