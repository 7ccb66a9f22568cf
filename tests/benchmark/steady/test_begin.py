"""When a steady load begins, so that each list query finds a whole window's jobs."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.publishing.windows import window_at
from verification.benchmark.steady.flow import SPARE, begin

NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
WINDOW, LOOK_AHEAD = 10.0, 2.0


@pytest.mark.parametrize(("second", "begins"), [(0.0, 22), (8.9, 22), (9.1, 32), (15.0, 32)])
def test_it_begins_where_a_list_query_ends_and_the_feeder_has_time(second, begins):
    now = NOON + timedelta(seconds=second)
    since = begin(now, WINDOW, LOOK_AHEAD)
    assert since == NOON + timedelta(seconds=begins)
    assert since - timedelta(seconds=WINDOW + LOOK_AHEAD + SPARE) > now


def test_a_load_of_one_window_is_found_by_one_list_query():
    since = begin(NOON, WINDOW, LOOK_AHEAD)
    listed = since - timedelta(seconds=LOOK_AHEAD)
    first = window_at(listed, WINDOW, LOOK_AHEAD)
    assert first.start == listed
    assert first.horizon == since + timedelta(seconds=WINDOW)
    assert window_at(listed - timedelta(microseconds=1), WINDOW, LOOK_AHEAD).horizon == since
