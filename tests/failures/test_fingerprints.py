"""What failed alike has one fingerprint, whatever its ids, numbers and addresses; what failed elsewhere has another."""

import pytest

from jobs import targets, transitions
from jobs.fingerprints import LONGEST, likeness, of_kinds, of_words
from jobs.models import Attempt
from jobs.states import State
from jobs.targets import raised, registry
from jobs.transitions import Ended
from tests.conftest import NOW, seconds
from tests.transitions.steps import WORKER, acquire
from tests.worker.runner.steps import job, run

pytestmark = pytest.mark.django_db


def charge(number):
    raise ValueError(f"order {number} of {number + 0.5} at 0x{number:x}: closed")


def refund(number):
    raise ValueError(f"order {number}: closed")


@pytest.fixture
def body(monkeypatch):
    """Register a target whose body is a function of the test."""
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    def register(function):
        targets.target("test.body")(function)
        return "test.body"

    return register


def failures_of(body, function, *payloads):
    found = set()
    for payload in payloads:
        done = run(job(target=body(function), payload=payload))
        assert done.state in (State.FAILED, State.INTERRUPTED)
        found.add(Attempt.objects.get(job=done).failure)
    return found


def test_ten_that_differ_in_their_numbers_are_one(body):
    def boom(number: int):
        charge(number)

    assert failures_of(body, boom, *({"number": n} for n in range(10))) == {
        "ValueError in tests.failures.test_fingerprints:charge"
    }


def test_different_places_are_two(body):
    def boom(number: int):
        (charge if number else refund)(number)

    assert failures_of(body, boom, {"number": 0}, {"number": 1}) == {
        "ValueError in tests.failures.test_fingerprints:charge",
        "ValueError in tests.failures.test_fingerprints:refund",
    }


def test_the_place_is_the_last_of_ones_own_not_the_librarys(body):
    def boom(text: str):
        __import__("json").loads(text)

    (found,) = failures_of(body, boom, {"text": "{"}, {"text": "[1"})
    assert found == "JSONDecodeError in tests.failures.test_fingerprints:" + boom.__qualname__


def test_a_good_end_has_none(body):
    assert run(job(target=body(lambda: None))).state == State.COMPLETED
    assert Attempt.objects.get().failure is None


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        (("503", "5xx"), "status 503"),
        (("exit", "exit_3"), "exit code 3"),
        (("signal", "SIGKILL"), "SIGKILL"),
        (("unsent",), "nothing was sent"),
    ],
)
def test_what_is_built_in_says_its_status_or_exit_code(body, monkeypatch, kinds, found):
    def boom():
        raise targets.TargetFailed("Order 7 was answered with that", None, kinds)

    monkeypatch.setattr(raised, "place", lambda error: "jobs.targets.http.answer:judge")
    assert failures_of(body, boom, {}) == {found}


def test_a_target_that_says_itself_why_is_found_by_its_place(body):
    def boom():
        raise targets.TargetFailed("The shop is closed until 17:00")

    (found,) = failures_of(body, boom, {})
    assert found.startswith("TargetFailed in tests.failures.test_fingerprints:")


def test_a_worker_that_vanished_leaves_one_whatever_its_name(make_job):
    started = acquire(make_job())
    transitions.interrupt([WORKER.session], now=NOW, reason="The worker vanished after the start; nothing is known")
    assert Attempt.objects.get(job_id=started.job_id).failure == "The worker vanished after the start"


@pytest.mark.parametrize(
    ("kinds", "error", "found"),
    [
        (("failure", "deadline"), "Its deadline of 5 s passed", "its deadline passed"),
        ((), "An error of the worker, not of the job: KeyError(7)", "An error of the worker, not of the job"),
        ((), "", "interrupted"),
    ],
)
def test_an_end_without_an_error_is_named_by_what_is_known_of_it(make_job, kinds, error, found):
    started = acquire(make_job())
    transitions.finish([Ended(started, State.INTERRUPTED, NOW, NOW + seconds(1), error, kinds=kinds)])
    assert Attempt.objects.get().failure == found


def test_nul_and_length_are_bounded(make_job):
    started = acquire(make_job())
    ended = Ended(started, State.FAILED, NOW, NOW + seconds(1), "why", failure="\x00" + "x" * 1000)
    assert transitions.finish([ended]) == []
    assert len(Attempt.objects.get().failure) == LONGEST


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order 17 of 4.50 is closed", "order 9 of 12,000.00 is closed"),
        ("no answer from 10.0.0.7:8080", "no answer from 192.168.4.12:443"),
        ("<Order object at 0x7f12ab>", "<Order object at 0xdeadbeef>"),
        ("job 3f2504e0-4f89-11d3-9a0c-0305e82c3301 is gone", "job 6ba7b810-9dad-11d1-80b4-00c04fd430c8 is gone"),
        ("ada@example.com is unknown", "grace.hopper@navy.example.org is unknown"),
        ("digest 9f86d081884c7d65 differs", "digest 60303ae22b998861 differs"),
    ],
)
def test_texts_that_differ_in_ids_numbers_and_addresses_are_alike(one, other):
    assert likeness(one) == likeness(other) != likeness(f"{one}, or not")


def test_what_says_something_else_is_not_alike():
    assert likeness("the order is closed") != likeness("the order is paid")
    assert of_kinds(()) == of_kinds(("failure",)) == ""
    assert (
        of_words("Its process died after the start (WorkerLostError: signal 9)") == "Its process died after the start"
    )
