"""The form for a new job: reads text and zones, and leaves the judgement to the rules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobs.web.forms import JobForm
from tests.conftest import NOW

RIGHT = {
    "target": "demo.sleep",
    "payload": '{"seconds": 1}',
    "queue": "default",
    "run_at": "2030-07-01T12:00:30",
    "time_zone": "UTC",
}


def form(**typed: str) -> JobForm:
    return JobForm({**RIGHT, **typed}, now=NOW)


@pytest.mark.parametrize(
    ("run_at", "zone", "moment"),
    [
        ("2030-07-01T12:00", "UTC", (2030, 7, 1, 12, 0)),
        ("2030-07-01T12:00:30", "Europe/Berlin", (2030, 7, 1, 10, 0, 30)),
        ("2030-12-01T12:00:30.5", "Europe/Berlin", (2030, 12, 1, 11, 0, 30, 500_000)),
        ("2030-07-01T12:00:00+02:00", "America/New_York", (2030, 7, 1, 10, 0)),
        (" 2030-07-01 12:00 ", " Asia/Calcutta ", (2030, 7, 1, 6, 30)),
    ],
)
def test_the_time_is_of_its_zone(run_at: str, zone: str, moment: tuple[int, ...]) -> None:
    filled = form(run_at=run_at, time_zone=zone)
    assert filled.is_valid(), filled.errors
    assert filled.new_job.run_at == datetime(*moment, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["", " ", "now"])
def test_no_time_is_now(typed: str) -> None:
    filled = form(run_at=typed)
    assert filled.is_valid(), filled.errors
    assert filled.new_job.run_at == NOW


def test_a_right_form_holds_the_job() -> None:
    filled = form(name="mine", queue="reports")
    assert filled.is_valid(), filled.errors
    new = filled.new_job
    assert (new.name, new.target, new.payload, new.queue) == ("mine", "demo.sleep", {"seconds": 1}, "reports")


def test_a_rerunnable_job_says_how_often() -> None:
    plain = form()
    assert plain.is_valid()
    assert (plain.new_job.rerunnable, plain.new_job.max_attempts) == (False, 1)
    filled = form(rerunnable="on", max_attempts="3", retry_on="5xx, TimeoutError,", start_within="60", deadline="30")
    assert filled.is_valid(), filled.errors
    assert (filled.new_job.rerunnable, filled.new_job.max_attempts) == (True, 3)
    assert (filled.new_job.retry_on, filled.new_job.start_within) == (("5xx", "TimeoutError"), 60)
    assert (plain.new_job.deadline, filled.new_job.deadline) == (None, 30)


def test_no_payload_is_an_empty_one() -> None:
    filled = form(payload="", target="demo.noop")
    assert filled.is_valid(), filled.errors
    assert filled.new_job.payload == {}


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("target", "demo.slep", "Did you mean 'demo.sleep'?"),
        ("target", "", "required"),
        ("payload", "{", "line 1, column 2"),
        ("payload", "[" * 100_000, "nested too deeply"),
        ("payload", "[]", "must be a JSON object"),
        ("payload", '{"seconds": NaN}', "no NaN"),
        ("payload", '{"secnds": 1}', "'secnds' is not known"),
        ("queue", "a b", "letters, digits"),
        ("max_attempts", "3", "declare it rerunnable"),
        ("retry_on", "failure", "declare it rerunnable"),
        ("max_attempts", "many", "not a whole number"),
        ("max_attempts", "9" * 5000, "not a whole number"),
        ("name", "x" * 201, "shorten it to 200"),
        ("run_at", "soon", "write now, in 10 minutes, tomorrow 09:00"),
        ("run_at", "12026-01-01T00:00", "year 9999"),
        ("run_at", "2029-12-31T12:00", "in the past"),
        ("run_at", "9999-12-31T12:00", "beyond the year 9999"),
        ("run_at", "0001-01-01T00:00", "in the past"),
        ("time_zone", "", "required"),
        ("time_zone", "Mars/Olympus", "Europe/Berlin"),
        ("time_zone", "Europe", "not known"),
        ("time_zone", "../etc/passwd", "not known"),
        ("time_zone", "x" * 5000, "not known"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(field: str, typed: str, says: str) -> None:
    wrong = form(**{field: typed})
    assert not wrong.is_valid()
    assert list(wrong.errors) == [field]
    assert says in wrong.errors[field][0]


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Europe/Berlin"])
@pytest.mark.parametrize("run_at", ["0001-01-01T00:00", "9999-12-31T23:59:59"])
def test_the_ends_of_time_in_far_zones(run_at: str, zone: str) -> None:
    assert list(form(run_at=run_at, time_zone=zone).errors) == ["run_at"]


@pytest.mark.parametrize("run_at", ["2030-03-31T02:30", "2030-10-27T02:30"])
def test_a_time_that_clocks_skip_or_repeat(run_at: str) -> None:
    wrong = form(run_at=run_at, time_zone="Europe/Berlin")
    assert "exists twice or not at all" in wrong.errors["run_at"][0]
    assert form(run_at=run_at).is_valid()


@pytest.mark.django_db
def test_it_offers_the_targets_with_what_they_do() -> None:
    page = str(JobForm(now=NOW))
    assert "demo.log: Writes a line to the worker&#x27;s log." in page


def test_a_fresh_form_is_a_minute_ahead():
    assert JobForm(now=NOW)["run_at"].value() == "in 1 minute"
    assert JobForm(now=NOW).understood() == "Tuesday 1 January 2030 12:01:03 UTC, in 1 min 0 s."


def test_all_that_is_wrong_is_said_at_once():
    """Whatever cannot be read does not hide what can be, and is wrong."""
    filled = form(
        target="demo.slep", queue="no queue!", name="x" * 300, payload="{", time_zone="Mars/Base", max_attempts="5"
    )
    assert set(filled.errors) == {"target", "queue", "name", "payload", "time_zone", "max_attempts"}
    filled = form(payload='{"secnds": 1}', queue="no queue!", run_at="2020-01-01T10:00", max_attempts="many")
    assert set(filled.errors) == {"payload", "queue", "run_at", "max_attempts"}
