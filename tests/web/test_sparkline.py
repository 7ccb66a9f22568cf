"""Small charts: what is drawn is what the values are, and the words say it, too."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.web.sparkline import HEIGHT, WIDTH, Spark, drawn, of_times

SINCE = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KNOWN = st.floats(min_value=0, max_value=1e9)


def path(svg: str, of: str) -> str:
    return re.search(rf'<path class="{of}" d="([^"]*)"', svg)[1]


def of(*values: float | None, **more) -> Spark:
    return of_times(values, "Jobs started", SINCE, MINUTE, lambda value: f"{value:g}", **more)


def test_each_value_is_a_step_of_its_height():
    assert path(drawn(of(0, 5, 10)), "line") == "M0 24V24H40V12H80V0H120"
    assert path(drawn(of(0, 5, 10)), "area") == "M0 24V24H40V12H80V0H120V24Z"


def test_what_is_not_known_is_a_gap_and_not_nothing():
    assert path(drawn(of(10, None, 10, 0)), "line") == "M0 0V0H30M60 0V0H90V24H120"
    assert path(drawn(of(None, None)), "line") == ""


def test_the_mark_is_within_the_scale():
    assert path(drawn(of(5, mark=10)), "mark") == f"M0 0H{WIDTH}"
    assert path(drawn(of(20, mark=10)), "mark") == f"M0 12H{WIDTH}"
    assert 'class="mark"' not in drawn(of(5))


def test_on_a_scale_of_logarithms_each_decade_is_as_high():
    assert path(drawn(of(0.01, 1, 10, 100, mark=1000.0, log=True)), "line") == "M0 24V24H30V18H60V12H90V6H120"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((1, 7, 2), "1 to 7, which was at 08:01; 2 at 08:02."),
        ((1, None, 2), "1 to 2, which was at 08:02; 2 at 08:02; 1 of 3 are not known."),
        ((3, 3), "3 all the time."),
        ((None,), "nothing is known."),
    ],
)
def test_words_say_what_it_shows(values, words):
    spark = of(*values)
    until = SINCE + len(values) * MINUTE
    assert spark.text == f"Jobs started, 2026-11-30 08:00 to {until:%Y-%m-%d %H:%M} UTC: {words}"
    assert drawn(spark).count(spark.text) == 2, "for those who hear it, and for those who point at it"


def test_a_name_is_escaped():
    svg = drawn(of_times((1.0, 2.0), 'Jobs of <b>"x"', SINCE, MINUTE, str))
    assert "<b>" not in svg
    assert "&lt;b&gt;" in svg


@given(st.lists(st.none() | KNOWN, max_size=70), st.none() | KNOWN, st.booleans())
def test_whatever_the_values_it_is_drawn_within_its_frame(values, mark, log):
    svg = ElementTree.fromstring(drawn(Spark(tuple(values), "words", mark, log)))  # noqa: S314 - ours
    for one in svg.iter("path"):
        numbers = re.findall(r"([MHV])([\d.e+-]+)(?: ([\d.e+-]+))?", one.get("d"))
        for command, first, second in numbers:
            x, y = {"M": (first, second), "H": (first, 0), "V": (0, first)}[command]
            assert 0 <= float(x) <= WIDTH
            assert 0 <= float(y) <= HEIGHT
