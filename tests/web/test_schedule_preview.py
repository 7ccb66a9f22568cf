"""The preview of a schedule: what it means and when it starts, for people in two zones."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from pytest_django.asserts import assertNumQueries

from jobs import rules
from jobs.models import Calendar, Job, Schedule
from jobs.models.calendar import mask
from jobs.rights import EVERYTHING
from jobs.states import State
from jobs.transitions.schedules import definitions
from jobs.web.schedule_preview import Preview, asked, preview, saved
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

CRON: dict[str, Any] = {"dialect": "cron", "expression": "30 2 * * *"}


def look(now: datetime = NOW, viewer: str | None = None, before: Schedule | None = None, **given: Any) -> Preview:
    sought = asked(now=now, by=None, before=before, **{**CRON, **given})
    return preview(sought, now=now, reach=EVERYTHING, viewer=None if viewer is None else ZoneInfo(viewer))


def at(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type, misc]


def make(**given: Any) -> Schedule:
    new = rules.check_new_schedule(now=NOW, by=None, **{"name": "report", "target": "demo.noop", **CRON, **given})
    return definitions.create_schedule(new.columns(), by=None, now=NOW)


def test_the_next_ten_starts_are_in_words_in_three_zones() -> None:
    seen = look(time_zone="Europe/Berlin", viewer="America/New_York")
    assert len(seen.starts) == 10
    assert not seen.is_all
    first = seen.starts[0]
    # The night after NOW; Berlin is an hour ahead of UTC in winter, New York five behind.
    assert first.nominal_at == first.run_at == first.latest_at == at(2030, 1, 2, 1, 30)
    assert first.words == "Wednesday, 2 January 2030, 02:30 CET"
    assert first.in_zone.isoformat() == "2030-01-02T02:30:00+01:00"
    assert first.in_viewer_zone.isoformat() == "2030-01-01T20:30:00-05:00"
    assert seen.starts[9].nominal_at == at(2030, 1, 11, 1, 30)
    assert seen.meaning == "At 02:30 every day (Europe/Berlin)."
    assert (seen.zone, seen.viewer_zone) == ("Europe/Berlin", "America/New_York")


def test_the_night_of_a_gap_and_the_night_of_a_fold_are_marked() -> None:
    # Berlin: 31 March 2030 has no 02:30, 27 October 2030 has two.
    spring = look(now=at(2030, 3, 29, 12), time_zone="Europe/Berlin").starts
    assert [one.nominal_at for one in spring[:3]] == [
        at(2030, 3, 30, 1, 30),
        at(2030, 3, 31, 1, 0),
        at(2030, 4, 1, 0, 30),
    ]
    assert spring[0].clock_change == ""
    assert "Clocks skip its time in this night: it starts at the first instant after that, 03:00 CEST" in (
        spring[1].clock_change
    )
    assert spring[2].clock_change == ""
    autumn = look(now=at(2030, 10, 26, 12), time_zone="Europe/Berlin").starts
    assert autumn[0].nominal_at == at(2030, 10, 27, 0, 30)
    assert "02:30 twice in this night: it starts once, at the first" in autumn[0].clock_change
    assert autumn[1].clock_change == "Clocks go back by 1 h before this one."


def test_what_starts_at_both_passes_says_which() -> None:
    found = look(now=at(2030, 10, 26, 23, 50), time_zone="Europe/Berlin", expression="30 * * * *").starts
    assert [one.nominal_at for one in found[:2]] == [at(2030, 10, 27, 0, 30), at(2030, 10, 27, 1, 30)]
    assert found[0].clock_change.endswith("it starts at both, this is the first.")
    assert found[1].clock_change.endswith("it starts at both, this is the second.")
    plain = look(now=at(2030, 3, 31, 0, 10), time_zone="Europe/Berlin", expression="30 * * * *").starts
    assert plain[0].clock_change == ""
    assert plain[1].clock_change == "Clocks go forward by 1 h before this one."
    halves = look(now=at(2030, 10, 5, 12), time_zone="Australia/Lord_Howe", expression="0 9 * * *").starts
    assert halves[0].clock_change == "Clocks go forward by 30 min before this one."


def test_three_o_clock_of_the_night_of_a_gap_is_its_own_time() -> None:
    found = look(now=at(2030, 3, 30, 12), time_zone="Europe/Berlin", expression="0 3 * * *").starts
    assert found[0].nominal_at == at(2030, 3, 31, 1)
    assert found[0].clock_change == "Clocks go forward by 1 h before this one."


def test_a_rule_of_calendars_is_marked_as_one_of_cron() -> None:
    given = {"dialect": "rrule", "expression": "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "time_zone": "Europe/Berlin"}
    found = look(now=at(2030, 3, 29, 12), **given).starts
    assert found[1].nominal_at == at(2030, 3, 31, 1)
    assert [one.clock_change[:21] for one in found[:3]] == ["", "Clocks skip its time ", ""]
    at_three = look(now=at(2030, 3, 29, 12), **{**given, "expression": "FREQ=DAILY;BYHOUR=3"}).starts
    assert [one.clock_change for one in at_three[:2]] == ["", "Clocks go forward by 1 h before this one."]


def test_the_last_interval_before_the_year_9999_ends_is_the_last() -> None:
    begin = datetime(9950, 1, 1, tzinfo=UTC)
    seen = look(dialect="interval", expression="36000 days", starts_at=begin)
    assert ([one.nominal_at for one in seen.starts], seen.is_all) == ([begin], True)


def test_an_interval_says_only_that_clocks_have_moved() -> None:
    given = {"dialect": "interval", "expression": "1 hour", "time_zone": "Europe/Berlin"}
    found = look(now=at(2030, 10, 26, 23, 50), **given).starts
    assert [one.clock_change for one in found[:3]] == ["", "Clocks go back by 1 h before this one.", ""]
    assert found[0].in_zone.isoformat() == "2030-10-27T02:50:00+02:00"
    assert found[1].in_zone.isoformat() == "2030-10-27T02:50:00+01:00"


def test_before_it_is_saved_its_part_of_the_spread_is_not_known() -> None:
    seen = look(spread=600)
    assert "up to 600 s later" in seen.spread
    assert seen.starts[0].run_at == at(2030, 1, 2, 2, 30)
    assert seen.starts[0].latest_at == at(2030, 1, 2, 2, 40)


def test_what_is_saved_shows_the_times_of_its_jobs() -> None:
    schedule = make(spread=600, ends_at=NOW + timedelta(days=3))
    job = Job.objects.get(pk=schedule.next_job_id)
    seen = preview(saved(schedule), now=NOW, reach=EVERYTHING)
    assert seen.starts[0].run_at == seen.starts[0].latest_at == job.run_at
    assert at(2030, 1, 2, 2, 30) < job.run_at < at(2030, 1, 2, 2, 40)
    assert f"Each starts {schedule.offset.total_seconds():g} s later" in seen.spread
    assert [one.nominal_at.day for one in seen.starts] == [2, 3, 4]
    assert seen.is_all
    edited = look(before=schedule, name="report", spread=300)
    assert edited.starts[0].run_at == edited.starts[0].latest_at < at(2030, 1, 2, 2, 35)


def test_a_count_ends_it() -> None:
    seen = look(most_runs=3)
    assert (len(seen.starts), seen.is_all) == (3, True)
    schedule = make(most_runs=3)
    Schedule.objects.update(made=2)
    schedule.refresh_from_db()
    # The second of its three is the one that has its job already.
    assert len(preview(saved(schedule), now=NOW, reach=EVERYTHING).starts) == 2
    assert len(look(before=schedule, name="report", most_runs=4).starts) == 3


def test_the_closings_of_its_calendar_are_shown_with_what_becomes_of_each() -> None:
    Calendar.objects.create(name="work", open_days=mask(range(5)), open_from=time(9), time_zone="Europe/Berlin")
    # NOW is a Tuesday: the fourth start is on a Saturday.
    given = {"expression": "0 10 * * *", "calendar": "work", "time_zone": "Europe/Berlin"}
    skipped = look(**given).starts
    assert [one.closed for one in skipped[:4]] == ["", "", "", "closed on Saturdays"]
    assert (skipped[3].becomes, skipped[3].moved_to) == ("It is skipped.", None)
    moved = look(**given, blackout="next").starts[3]
    assert moved.moved_to == at(2030, 1, 7, 8)
    assert moved.becomes == "It starts at Monday, 7 January 2030, 09:00 CET instead."


def test_the_load_in_each_minute_is_one_statement() -> None:
    def job(run_at: datetime, **fields: Any) -> None:
        Job.objects.create(target="demo.noop", payload={}, run_at=run_at, **fields)

    for second in (0, 30, 59):
        job(at(2030, 1, 2, 2, 30, second))
    job(at(2030, 1, 2, 2, 31))
    job(at(2030, 1, 2, 2, 29, 59))
    job(at(2030, 1, 3, 2, 30), holds=1)
    job(at(2030, 1, 4, 2, 30), state=State.CANCELLED, finished_at=NOW)
    job(at(2030, 1, 1, 2, 30), not_before=at(2030, 1, 5, 2, 30))
    sought = asked(now=NOW, by=None, **CRON)
    with assertNumQueries(1):  # the ten minutes together
        seen = preview(sought, now=NOW, reach=EVERYTHING)
    assert [one.planned for one in seen.starts[:5]] == [3, 0, 0, 1, 0]


def test_the_load_is_counted_on_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT 1 FROM jobs_job WHERE state = 0 AND holds = 0 AND coalesce(not_before, run_at) >= now() "
            "AND coalesce(not_before, run_at) < now() + interval '1 minute' LIMIT 10000"
        )
        plan = " ".join(row[0] for row in cursor.fetchall())
    assert "jobs_due" in plan


def test_what_is_not_given_yet_is_not_judged_and_what_is_wrong_is_refused() -> None:
    assert look().starts
    with pytest.raises(ValidationError) as refused:
        look(target="no.such", time_zone="Mars")
    assert set(refused.value.message_dict) == {"target", "time_zone"}


def test_a_dialect_that_spreads_by_the_name_says_so() -> None:
    jenkins = {"dialect": "jenkins", "expression": "H 3 * * *"}
    assert any("give it one" in note for note in look(**jenkins).notes)
    named = look(**jenkins, name="report").notes
    assert named
    assert not any("give it one" in note for note in named)
    assert look().notes == ()
