"""Lengths of time are written in one style."""

import pytest

from jobs.spans import measured, span


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0, "0.00 ms"),
        (0.004, "0.00 ms"),
        (1.239, "1.24 ms"),
        (999.994, "999.99 ms"),
        (999.996, "1.00 s"),
        (1_240, "1.24 s"),
        (9_994, "9.99 s"),
        (9_996, "10.0 s"),
        (59_940, "59.9 s"),
        (59_990, "1 min 0 s"),
        (60_000, "1 min 0 s"),
        (86_399_982.36, "23 h 59 min"),
        (86_400_000, "1 d 0 h"),
        (-1.5, "-1.50 ms"),
        (-86_399_982, "-23 h 59 min"),
    ],
)
def test_what_was_measured(milliseconds, shown):
    assert measured(milliseconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-3, "0 s"), (59.9, "59 s"), (185, "3 min 5 s"), (7500, "2 h 5 min"), (273_600, "3 d 4 h")]
)
def test_whole_seconds(seconds, shown):
    assert span(seconds) == shown
