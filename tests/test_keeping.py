"""How long a job stays: by the closest rule."""

from datetime import UTC, date, datetime

import pytest

from jobs.keeping import DEFAULT_DAYS, Keep, KeepRule, days_kept
from jobs.rules.keeping import of_settings, removal_day
from jobs.states import FINAL, State

KEEP = Keep(name="JOBS_KEEP", help="", shown="", allowed="")


def days(text, state="completed", queue="default", target="demo.noop"):
    return days_kept(KEEP.read(text), state=state, queue=queue, target=target)


def test_each_final_state_has_days():
    assert set(DEFAULT_DAYS) == {state.label for state in FINAL}


@pytest.mark.parametrize(("state", "expected"), [("completed", 30), ("failed", 180), ("skipped", 30)])
def test_without_rules(state, expected):
    assert days("", state) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("completed=60", 60),
        ("failed=60", 30),
        ("queue default=7", 7),
        ("queue mail=7", 30),
        ("target demo.noop = 400", 400),
        ("target default=7", 30),
        ("completed=60, queue default=7", 7),
        ("queue default=7, queue default completed=8", 8),
        ("queue default failed=7", 30),
        ("queue default=7, target demo.noop=9", 9),
        ("queue default=900, target demo.noop completed=9", 9),
    ],
)
def test_the_closest_rule_counts_and_of_two_the_longer(text, expected):
    assert days(text) == expected


@pytest.mark.parametrize("text", ["7", "=7", "queue=7", "done=7", "queue mail=0", "queue mail=99999", "queue a b=7"])
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(ValueError, match=r"write completed=30"):
        KEEP.read(f"completed=1,{text}")


def day(ended, today, settings, state=State.COMPLETED, **rule):
    settings.JOBS_KEEP = [KeepRule(**{"kind": "", "name": "", "state": "", "days": 10} | rule)] if rule else []
    return removal_day(of_settings([]), state=state, queue="default", target="t", finished_at=ended, today=today)


def test_the_day_is_counted_from_the_end_in_utc(settings):
    ended = datetime(2030, 1, 1, 23, 59, tzinfo=UTC)
    assert day(ended, date(2030, 1, 3), settings, days=5) == date(2030, 1, 6)


def test_it_is_not_before_tomorrow(settings):
    assert day(datetime(2020, 1, 1, tzinfo=UTC), date(2030, 1, 3), settings) == date(2030, 1, 4)


def test_far_days_are_mondays_and_not_earlier(settings):
    ended = datetime(2030, 1, 1, tzinfo=UTC)
    found = {day(ended, date(2030, 1, 3), settings, days=days) for days in range(181, 188)}
    assert found == {date(2030, 7, 1), date(2030, 7, 8)}
    assert day(ended, date(2030, 1, 3), settings, days=181) == date(2030, 7, 1)


def test_a_rule_of_the_table_goes_before_that_of_the_settings_about_the_same_jobs(settings):
    settings.JOBS_KEEP = KEEP.read("queue mail=7, queue mail failed=9, completed=60")
    assert [rule.words for rule in of_settings(KEEP.read("queue mail=70"))] == ["queue mail failed=9", "completed=60"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (("", "", "", 7), "all=7"),
        (("", "", "failed", 7), "failed=7"),
        (("label", "a:b", "failed", 7), "label a:b failed=7"),
    ],
)
def test_a_rule_in_words(rule, words):
    assert KeepRule(*rule).words == words
