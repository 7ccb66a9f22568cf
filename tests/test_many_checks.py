"""Many jobs of one request are judged as one is: the same job, or the same sentences."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from jobs.rules import check_new_job
from jobs.rules.many import OWN, ManyChecks
from jobs.rules.new_job import ASKED
from tests.conftest import NOW

OPTIONS: dict[str, Any] = {
    "name": st.sampled_from(["", "n", "x" * 201, "\x00", None]),
    "queue": st.sampled_from(["default", "fast", "not a queue"]),
    "labels": st.sampled_from([{}, {"team": "a"}, {"team": 1}, [], None]),
    "rerunnable": st.booleans(),
    "max_attempts": st.sampled_from([1, 2, 101]),
    "retry_on": st.sampled_from([[], ["5xx"], ["no kind"]]),
    "start_within": st.sampled_from([None, 1, -1]),
    "deadline": st.sampled_from([None, 60]),
    "if_late": st.sampled_from(["skip", "hold", "x"]),
    "key": st.sampled_from([None, "", "k", "x" * 201]),
    "key_limit": st.sampled_from([1, 2, 0]),
    "overlap": st.sampled_from(["queue", "cancel"]),
    "blackout": st.sampled_from(["next", "skip"]),
    "waits_for": st.sampled_from([[], [3, 2, 3], [0]]),
    "waits_for_end": st.sampled_from(["success", "any"]),
    "run_at": st.sampled_from(
        [
            None,
            NOW,
            NOW + timedelta(days=1),
            NOW - timedelta(days=1),
            NOW - timedelta(seconds=1),
            NOW.replace(tzinfo=None),
        ]
    ),
}
MUST: dict[str, Any] = {
    "target": st.sampled_from(["demo.sleep", "demo.noop", "demo.slep"]),
    "payload": st.sampled_from([{}, {"seconds": 1}, {"seconds": "x"}, [], None]),
}
JOBS = st.lists(st.fixed_dictionaries(MUST, optional=OPTIONS), min_size=2, max_size=12)
KEYS = st.sampled_from([None, "key", "k" * 256])


def judged(check: Any) -> Any:
    try:
        return check()
    except ValidationError as error:
        return error.message_dict


def test_the_options_are_all_that_there_are() -> None:
    assert {*OPTIONS, *MUST} == {*ASKED} - {"calendar"}  # one that names a calendar is judged alone
    assert OWN.keys() <= ASKED.keys()


@given(JOBS, KEYS)
def test_each_is_judged_as_if_it_were_alone(jobs: list[dict[str, Any]], key: str | None) -> None:
    many = ManyChecks(NOW)
    for asked in jobs * 2:
        alone = judged(lambda asked=asked: check_new_job(**asked, idempotency_key=key, now=NOW))
        assert judged(lambda asked=asked: many.check(asked, key)) == alone


def test_a_payload_is_judged_with_its_own_target() -> None:
    many = ManyChecks(NOW)
    good = {"target": "demo.sleep", "payload": {"seconds": 1}, "run_at": NOW.astimezone(UTC)}
    many.check(good)
    assert judged(lambda: many.check(good | {"payload": {"minutes": 1}})).keys() == {"payload"}
