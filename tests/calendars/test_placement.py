"""What becomes of a job whose time is closed: skipped, earlier, or at the next opening."""

from datetime import timedelta

import pytest

from jobs.calendars import NeverOpen, place
from jobs.states import Blackout
from tests.calendars.moments import calendar, own, utc

OFFICE = calendar(hours="9:00-17:00", holidays_of="DE")
NOW = utc("2026-12-21T12:00")
LEEWAY = timedelta(seconds=30)


def placed(policy, run_at, office=OFFICE, now=NOW):
    return place(office, policy, utc(run_at), now=now, leeway=LEEWAY)


@pytest.mark.parametrize("policy", Blackout.values)
def test_an_open_time_stays(policy):
    assert placed(policy, "2026-12-22T12:00") == (placed("next", "2026-12-22T12:00"))
    assert placed(policy, "2026-12-22T12:00").run_at == utc("2026-12-22T12:00")
    assert placed(policy, "2026-12-22T12:00").why == ""


def test_the_next_opening_and_why():
    moved = placed(Blackout.NEXT, "2026-12-25T12:00")
    assert moved.run_at == utc("2026-12-28T09:00")
    assert moved.why == "Moved from 2026-12-25 12:00:00 UTC by the calendar 'office': holiday Christmas Day."


def test_an_earlier_one_leaves_the_time_that_a_start_may_take():
    moved = placed(Blackout.EARLIER, "2026-12-25T12:00")
    assert moved.run_at == utc("2026-12-24T16:59:29.999")
    assert "Moved from 2026-12-25" in moved.why


def test_in_a_short_opening_the_last_moment():
    short = calendar(days="", ranges=(own("2026-12-24T12:00", "2026-12-24T12:00:10", is_open=True),))
    assert placed(Blackout.EARLIER, "2026-12-25T12:00", short).run_at == utc("2026-12-24T12:00:09.999")


def test_an_earlier_one_that_is_over_is_the_next():
    over = utc("2026-12-25T00:00")
    assert placed(Blackout.EARLIER, "2026-12-25T12:00", now=over).run_at == utc("2026-12-28T09:00")
    nothing_before = calendar(days="", ranges=(own("2026-12-27", "2026-12-28", is_open=True),))
    assert placed(Blackout.EARLIER, "2026-12-25T12:00", nothing_before).run_at == utc("2026-12-27T00:00")


def test_an_earlier_one_is_never_in_the_past():
    just_before = utc("2026-12-24T16:59:50")
    assert placed(Blackout.EARLIER, "2026-12-25T12:00", now=just_before).run_at == just_before


def test_what_will_be_skipped_keeps_its_time_and_is_told():
    told = placed(Blackout.SKIP, "2026-12-25T12:00")
    assert told.run_at == utc("2026-12-25T12:00")
    assert told.why == ("It will be skipped: at its time the calendar 'office' is closed, holiday Christmas Day.")


def test_nowhere_to_move_to():
    with pytest.raises(NeverOpen):
        placed(Blackout.NEXT, "2026-12-25T12:00", calendar(days=""))
