"""A calendar that nothing could be reckoned with is refused, with what to write instead."""

from dataclasses import replace
from datetime import UTC, time

import pytest

from jobs.calendars import problems
from tests.calendars.moments import calendar, own

SOUND = calendar(hours="9:00-17:00", time_zone="Europe/Berlin", holidays_of="DE-BW")


def test_a_sound_one():
    assert problems(SOUND) == {}
    assert problems(calendar(hours="-")) == {}
    assert problems(replace(SOUND, holidays_of="US", open_from=None)) == {}


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"name": "the office"}, "name", "letters, digits"),
        ({"name": ""}, "name", "1 to 100"),
        ({"time_zone": "Mars/Base"}, "time_zone", "like Europe/Berlin"),
        ({"time_zone": "Europe"}, "time_zone", "like Europe/Berlin"),
        ({"time_zone": ""}, "time_zone", "like Europe/Berlin"),
        ({"time_zone": "../../etc/passwd"}, "time_zone", "like Europe/Berlin"),
        ({"days": frozenset({7})}, "days", "seven days"),
        ({"open_until": time(9)}, "open_until", "end when they begin; leave both empty"),
        ({"open_from": None, "open_until": time(0)}, "open_until", "end when they begin"),
        ({"open_from": time(9, tzinfo=UTC)}, "open_until", "own zone"),
        ({"holidays_of": "XX"}, "holidays_of", "such as DE"),
        ({"holidays_of": "DE-XX"}, "holidays_of", "DE has no part 'XX' .*BW"),
        ({"holidays_of": "SG-1"}, "holidays_of", "known are: none"),
        ({"ranges": (own("2026-12-24", "2026-12-24"),)}, "ranges", "must end after it begins"),
        ({"ranges": (own("2026-12-24", "2026-12-25"),) * 1001}, "ranges", "1000 at most"),
    ],
)
def test_what_is_refused(wrong, field, says):
    found = problems(replace(SOUND, **wrong))
    assert list(found) == [field]
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(found[field][0])
