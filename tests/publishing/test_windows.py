from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.publishing.windows import window_at

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LENGTHS = st.sampled_from([1.0, 2.5, 10.0, 60.0, 3600.0])


@given(MOMENTS, LENGTHS)
def test_every_moment_lies_in_its_own_window(now, length):
    window = window_at(now, length, 2)
    assert window.start <= now < window.end
    assert window.horizon - window.end == timedelta(seconds=2)


@given(MOMENTS, LENGTHS)
def test_windows_are_aligned_to_the_epoch_and_follow_without_a_gap(now, length):
    window = window_at(now, length, 2)
    assert window.start.timestamp() % length == pytest.approx(0, abs=1e-4)
    assert window_at(window.end, length, 2).start == window.end


def test_two_processes_agree_about_the_window():
    first = window_at(datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC), 10, 2)
    second = window_at(datetime(2030, 1, 1, 12, 0, 9, 999_999, tzinfo=UTC), 10, 2)
    assert first == second
    assert first.horizon == datetime(2030, 1, 1, 12, 0, 12, tzinfo=UTC)
