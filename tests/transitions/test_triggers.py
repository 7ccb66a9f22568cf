"""A trigger starts its job now; those who ask while it runs get the run that there is."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from jobs.models import Job, Trigger
from jobs.states import Hold, Overlap, State
from jobs.transitions import KeyReused
from jobs.transitions.triggers import Fired, definition_problems, fire
from tests.conftest import NOW, seconds
from tests.transitions.steps import acquire, finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def trigger():
    return Trigger.objects.create(name="books", target="demo.sleep", payload={"seconds": 0})


def test_it_makes_one_job_that_is_due_now(trigger, published):
    fired = fire(trigger, now=NOW)
    job = Job.objects.get()
    assert (fired.job, fired.created) == (job, True)
    assert (job.name, job.target, job.payload, job.run_at) == ("books", "demo.sleep", {"seconds": 0}, NOW)
    assert (job.key, job.key_limit, job.overlap) == ("trigger:books", 1, Overlap.JOIN)
    assert [listed.id for listed in published] == [job.pk]


def test_a_second_call_joins_the_first_until_it_has_ended(trigger):
    first = fire(trigger, now=NOW)
    assert fire(trigger, now=NOW) == Fired(first.job, False, f"Job {first.job.pk} stands for this call.")
    started = acquire(Job.objects.get())
    assert fire(trigger, now=NOW).job == first.job
    finish(started)
    after = fire(trigger, now=NOW + seconds(2))
    assert after.created
    assert after.job != first.job


def test_a_repeat_is_answered_with_its_own_run_and_joins_no_other(trigger):
    trigger.caller_arguments = ["seconds"]
    first = fire(trigger, now=NOW, idempotency_key="k")
    finish(acquire(first.job))
    running = fire(trigger, now=NOW + seconds(2))
    assert running.job != first.job
    told = f"Job {first.job.pk} was started before, by this key."
    assert fire(trigger, now=NOW + seconds(3), idempotency_key="k") == Fired(first.job, False, told)
    with pytest.raises(KeyReused):
        fire(trigger, now=NOW + seconds(3), payload={"seconds": 1}, idempotency_key="k")
    assert Job.objects.count() == 2


def test_it_does_not_join_what_is_due_later(trigger, make_job):
    make_job(60, key="trigger:books")
    assert fire(trigger, now=NOW).created


def test_it_joins_a_job_of_the_same_key_whoever_made_it(trigger, make_job):
    Trigger.objects.update(key="nightly")
    trigger.refresh_from_db()
    other = make_job(1, key="nightly")
    assert fire(trigger, now=NOW + seconds(1)).job == other


@pytest.mark.parametrize(
    ("overlap", "jobs"), [(Overlap.SKIP, 1), (Overlap.JOIN, 1), (Overlap.QUEUE, 2), (Overlap.ALLOW, 2)]
)
def test_what_a_second_call_gets(trigger, overlap, jobs):
    trigger.overlap = overlap
    acquire(fire(trigger, now=NOW).job)
    second = fire(trigger, now=NOW)
    assert second.created == (jobs == 2)
    assert Job.objects.count() == jobs
    if second.created:
        started = acquire(second.job)
        assert (started is not None) == (overlap == Overlap.ALLOW)
        assert Job.objects.get(pk=second.job.pk).held_by == (Hold.KEY if overlap == Overlap.QUEUE else 0)


def test_a_call_may_bring_the_arguments_that_the_trigger_names(trigger):
    with pytest.raises(ValidationError, match="may not give the argument 'seconds', only: none"):
        fire(trigger, now=NOW, payload={"seconds": 0.5})
    trigger.caller_arguments = ["seconds", "minutes"]
    assert fire(trigger, now=NOW, payload={"seconds": 0.5}).job.payload == {"seconds": 0.5}
    with pytest.raises(ValidationError, match="not known"):
        fire(trigger, now=NOW + seconds(1), payload={"minutes": 1})


def test_a_call_that_is_repeated_with_its_key_gets_its_own_job(trigger):
    ann = User.objects.create(username="ann")
    trigger.overlap, trigger.caller_arguments = Overlap.ALLOW, ["seconds"]
    first = fire(trigger, now=NOW, idempotency_key="a", by=ann)
    assert fire(trigger, now=NOW, idempotency_key="b", by=ann).job != first.job
    assert fire(trigger, now=NOW, idempotency_key="a", by=ann) == Fired(
        first.job, False, f"Job {first.job.pk} was started before, by this key."
    )
    with pytest.raises(KeyReused):
        fire(trigger, now=NOW, idempotency_key="a", by=ann, payload={"seconds": 1})


def test_its_job_ends_as_any_other(trigger):
    started = acquire(fire(trigger, now=NOW).job)
    assert finish(started)
    assert Job.objects.get().state == State.COMPLETED


def test_arguments_that_are_no_object_are_refused(trigger):
    trigger.payload = [1]
    with pytest.raises(ValidationError, match="JSON object"):
        fire(trigger, now=NOW)


def test_its_runs_have_its_deadline_and_latest_start(trigger):
    trigger.deadline, trigger.start_within = 30, 5
    job = fire(trigger, now=NOW).job
    assert (job.deadline, job.start_within, job.trigger_id) == (30, 5, trigger.pk)


def test_a_url_that_a_caller_gives_is_no_argument_of_a_request_with_credentials():
    books = Trigger.objects.create(
        name="close",
        target="http",
        payload={"url": "https://books.example/", "headers": {"Authorization": "Bearer x"}},
        caller_arguments=["json"],
    )
    for more in ({"url": "https://evil.example/"}, {"json": 1, "url": "https://evil.example/"}, {"headers": {}}):
        with pytest.raises(ValidationError, match="only: json"):
            fire(books, now=NOW, payload=more)
    assert not Job.objects.exists()
    assert fire(books, now=NOW, payload={"json": {"month": 1}}).job.payload["url"] == "https://books.example/"


@pytest.mark.parametrize(
    ("names", "sentence"),
    [(["minutes"], "demo.sleep has no argument 'minutes'"), ("seconds", "a list"), ([1], "a list")],
)
def test_names_of_arguments_that_there_are_not_are_refused(trigger, names, sentence):
    trigger.caller_arguments = names
    assert sentence in definition_problems(trigger, now=NOW, by=None)["caller_arguments"][0]
