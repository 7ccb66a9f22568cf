from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from jobs import rules

NOW = datetime(2030, 1, 1, tzinfo=UTC)
GOOD = {"target": "demo.sleep", "payload": {"seconds": 1}, "run_at": NOW + timedelta(minutes=1)}


def problems(**changes):
    with pytest.raises(ValidationError) as refused:
        rules.check_new_job(now=NOW, **{**GOOD, **changes})
    return refused.value.message_dict


def test_a_good_job_passes():
    new = rules.check_new_job(now=NOW, name="n", queue="q", idempotency_key="", **GOOD)
    assert new == rules.NewJob("demo.sleep", {"seconds": 1}, GOOD["run_at"], "n", "q", asked_at=GOOD["run_at"])
    again = rules.check_new_job(now=NOW, rerunnable=True, max_attempts=100, **GOOD)
    assert (again.rerunnable, again.max_attempts) == (True, 100)
    kinds = ["failure", "unknown", "unsent", "503", "5xx", "TimeoutError"]
    again = rules.check_new_job(now=NOW, rerunnable=True, max_attempts=2, retry_on=kinds, **GOOD)
    assert again.retry_on == tuple(kinds)


@pytest.mark.parametrize("seconds", [None, 0, -1, -5])
def test_none_and_a_time_that_has_just_passed_are_now(seconds):
    run_at = None if seconds is None else NOW + timedelta(seconds=seconds)
    new = rules.check_new_job(now=NOW, **{**GOOD, "run_at": run_at})
    assert (new.run_at, new.asked_at) == (NOW, run_at)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"target": "demo.sleap"}, "target", "Did you mean 'demo.sleep'?"),
        ({"target": "os.system"}, "target", "Known are: command, demo.fail"),
        ({"payload": {"secs": 1}}, "payload", "Argument 'secs' is not known: demo.sleep takes seconds: float = 0.083"),
        ({"payload": {"seconds": "1"}}, "payload", "Argument 'seconds' is wrong"),
        ({"payload": {"seconds": -1}}, "payload", "Argument 'seconds' is wrong"),
        ({"target": "demo.log", "payload": {}}, "payload", "Argument 'message' is missing"),
        ({"payload": [1]}, "payload", "must be a JSON object"),
        ({"payload": {"seconds": float("nan")}}, "payload", "no NaN"),
        ({"payload": {"x": "\ud800"}}, "payload", "surrogate"),
        ({"payload": {"x": ["a\x00"]}}, "payload", "NUL"),
        ({"payload": {"x": "a" * 70_000}}, "payload", "the limit is 65536"),
        ({"run_at": datetime(2031, 1, 1)}, "run_at", "no zone"),  # noqa: DTZ001
        ({"run_at": NOW - timedelta(seconds=5.001)}, "run_at", "in the past"),
        ({"run_at": datetime(9999, 12, 31, tzinfo=UTC)}, "run_at", "beyond the year 9999"),
        ({"queue": "a b"}, "queue", "1 to 100 letters"),
        ({"name": "x" * 201}, "name", "shorten it to 200"),
        ({"name": "\x00"}, "name", "cannot store"),
        ({"max_attempts": 2}, "max_attempts", "declare it rerunnable"),
        ({"start_within": 0}, "start_within", "Give 1 to 31622400 seconds"),
        ({"start_within": 10**9}, "start_within", "or nothing for a job that may start however late"),
        ({"retry_on": ["failure"]}, "retry_on", "declare it rerunnable"),
        ({"rerunnable": True, "max_attempts": 2, "retry_on": ["6xx"]}, "retry_on", "'6xx' is no kind of end"),
        ({"rerunnable": True, "max_attempts": 2, "retry_on": ["a b"]}, "retry_on", "give failure, unknown"),
        ({"rerunnable": True, "max_attempts": 2, "retry_on": ["503"] * 21}, "retry_on", "20 at most"),
        ({"max_attempts": 0}, "max_attempts", "leave this at 1"),
        ({"rerunnable": True}, "max_attempts", "2 to 100 starts"),
        ({"rerunnable": True, "max_attempts": 101}, "max_attempts", "2 to 100 starts"),
        ({"idempotency_key": "k" * 256}, "idempotency_key", "shorten it to 255"),
    ],
)
def test_each_mistake_is_named_with_its_remedy(changes, field, words):
    found = problems(**changes)
    assert list(found) == [field]
    assert words in found[field][0]


def test_all_mistakes_are_named_at_once():
    assert set(problems(target="x", payload=3, run_at=NOW - timedelta(1), queue="")) == {
        "target",
        "payload",
        "run_at",
        "queue",
    }


@pytest.mark.parametrize("depth", [400, 800, 100_000])
def test_deep_nesting_is_refused_and_does_not_crash(depth):
    nested: list[object] = []
    for _ in range(depth):
        nested = [nested]
    assert "payload" in problems(payload={"seconds": nested})


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_no_payload_crashes_the_rules(payload):
    assert isinstance(rules.payload_problems(payload), list)
    assert isinstance(rules.argument_problems("demo.log", payload), list)


def test_a_row_written_by_sql_is_judged_by_the_same_rules():
    assert rules.why_not_startable("demo.sleep", {"seconds": 1}) is None
    assert "no target" in (rules.why_not_startable("nonsense", {}) or "")
    assert "must be a JSON object" in (rules.why_not_startable("demo.sleep", [1]) or "")
