"""The one list of what a schedule can be asked for: each refusal stands at its field and says what would be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError

from jobs import rules
from jobs.models import Calendar, Schedule
from jobs.models.calendar import mask
from jobs.models.schedule import SHARED
from jobs.recurrence import after
from jobs.rules import timing
from jobs.transitions.schedules import definitions

NOW = datetime(2030, 1, 1, 12, 0, 3, tzinfo=UTC)
ASKED: dict[str, Any] = {"name": "report", "target": "demo.noop", "dialect": "cron", "expression": "30 2 * * *"}

pytestmark = pytest.mark.django_db


def check(now: datetime = NOW, by: User | None = None, **asked: Any) -> rules.NewSchedule:
    return rules.check_new_schedule(now=now, by=by, **{**ASKED, **asked})


def problems(**asked: Any) -> Mapping[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        check(**asked)
    return refused.value.message_dict


def saved(**asked: Any) -> Schedule:
    return definitions.create_schedule(check(**asked).columns(), by=None, now=NOW)


def test_each_field_is_described_for_people() -> None:
    for asked in rules.SCHEDULE_ASKED.values():
        assert asked.help.endswith("."), asked.name
        assert asked.label, asked.name


def test_each_field_has_a_place_in_the_row_and_the_other_way_round() -> None:
    columns = {field.attname for field in Schedule._meta.concrete_fields if field.editable and not field.primary_key}
    assert set(check().columns()) == columns
    by_name = {"calendar": "calendar_id", "after": "after_ids"}
    assert {by_name.get(name, name) for name in rules.SCHEDULE_ASKED} == columns


def test_what_it_has_in_common_with_a_job_is_described_as_there() -> None:
    for name in set(SHARED) - {"overlap"}:
        assert rules.SCHEDULE_ASKED[name].help == rules.ASKED[name].help


def test_what_is_left_out_has_its_default_and_what_is_given_is_kept() -> None:
    plain = saved()
    assert (plain.overlap, plain.blackout, plain.key, plain.time_zone, plain.spread) == ("skip", "skip", "", "UTC", 0)
    assert plain.next_at == datetime(2030, 1, 2, 2, 30, tzinfo=UTC)
    given = {
        "payload": {"seconds": 0.5},
        "target": "demo.sleep",
        "queue": "slow",
        "key": "books",
        "overlap": "queue",
        "rerunnable": True,
        "max_attempts": 3,
        "retry_on": ["failure"],
        "deadline": 60,
        "starts_at": NOW,
        "ends_at": NOW + timedelta(days=30),
        "most_runs": 5,
        "spread": 600,
        "catch_up": "all",
        "catch_up_limit": 3,
        "enabled": False,
        "time_zone": "Europe/Berlin",
    }
    other = saved(name="other", **given)
    other.refresh_from_db()
    assert {name: getattr(other, name) for name in given} == given
    assert rules.as_asked(other) == {
        **{name: asked.default for name, asked in rules.SCHEDULE_ASKED.items()},
        **ASKED,
        **given,
        "name": "other",
        "target": "demo.sleep",
    }


@pytest.mark.parametrize(
    ("asked", "field", "says"),
    [
        ({"expression": "0 0 31 2 *"}, "expression", "February has no day 31; write a day up to 29"),
        ({"expression": "61 * * * *"}, "expression", "Minute: "),
        ({"expression": "* * * *"}, "expression", "has 4 fields"),
        ({"expression": ""}, "expression", "This is empty"),
        ({"expression": "a\x00b"}, "expression", "remove it"),
        ({"expression": "x" * 4001}, "expression", "shorten it to 4000"),
        ({"dialect": "chron"}, "dialect", "give cron, "),
        ({"time_zone": "Europe/Bärlin"}, "time_zone", "write UTC or a name like Europe/Berlin"),
        ({"time_zone": "posix/Europe/Berlin"}, "time_zone", "write Europe/Berlin"),
        ({"name": ""}, "name", "give one"),
        ({"name": " "}, "name", "give one"),
        ({"name": "x" * 201}, "name", "shorten it to 200"),
        ({"target": "demo.nop"}, "target", "demo.noop"),
        ({"target": "demo.sleep", "payload": {"minutes": 1}}, "payload", "minutes"),
        ({"payload": [1]}, "payload", "must be a JSON object"),
        ({"queue": "-"}, "queue", "1 to 100 letters"),
        ({"overlap": "perhaps"}, "overlap", "give allow, "),
        ({"blackout": "perhaps"}, "blackout", "give skip, "),
        ({"key_limit": 0}, "key_limit", "1 to 1000"),
        ({"max_attempts": 2}, "max_attempts", "declare it rerunnable"),
        ({"deadline": 0}, "deadline", "or nothing"),
        ({"most_runs": 0}, "most_runs", "Give 1 to"),
        ({"spread": -1}, "spread", "0 to 86400"),
        ({"spread": 86_401}, "spread", "0 to 86400"),
        ({"catch_up": "some"}, "catch_up", "give skip, latest or all"),
        ({"catch_up_limit": 0}, "catch_up_limit", "1 to 1000"),
        ({"starts_at": datetime(2030, 1, 1)}, "starts_at", "has no zone"),  # noqa: DTZ001
        ({"ends_at": datetime(1960, 1, 1, tzinfo=UTC)}, "ends_at", "1970 to 9999"),
        ({"starts_at": NOW, "ends_at": NOW - timedelta(seconds=1)}, "ends_at", "choose a later one"),
        # 02:30 of the next day comes after this.
        ({"ends_at": NOW + timedelta(hours=14)}, "ends_at", "its next time is 2030-01-02 02:30:00 UTC, after"),
        ({"starts_at": NOW, "ends_at": NOW, "expression": "0 9 * * *"}, "ends_at", "choose a later end"),
        ({"dialect": "once", "expression": "2029-12-31T23:59"}, "expression", "has passed; write a later one"),
        (
            {"dialect": "once", "expression": "2030-02-01T00:00", "starts_at": NOW + timedelta(days=90)},
            "expression",
            "comes before its first moment, 2030-04-01 12:00:03 UTC; write a later one",
        ),
        ({"dialect": "quartz", "expression": "0 0 9 * * ? 2029"}, "expression", "no time after 2030-01-01 12:00:03"),
        ({"expression": "*/5 * * * *", "spread": 301}, "spread", "two of its starts, 300 s; spread them over 300"),
        # Two a day, of which one comes an hour after the other.
        ({"expression": "0 0,23 * * *", "spread": 3601}, "spread", "two of its starts, 3600 s"),
        ({"calendar": "work"}, "calendar", "There is no calendar 'work'; there are: none yet"),
        ({"colour": "red"}, "colour", ""),
        ({"name": None}, "name", ""),
    ],
)
def test_what_is_wrong_is_said_at_its_field(asked: dict[str, Any], field: str, says: str) -> None:
    found = problems(**asked)
    assert list(found) == [field], found
    assert says in found[field][0]


def test_what_comes_once_a_day_may_be_spread_over_the_day() -> None:
    assert check(spread=86_400).spread == 86_400


def test_what_comes_seldom_is_not_looked_for_through_the_centuries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand leap days lie four thousand years ahead: looking at all of them took seconds."""
    seen = []

    def watched(*args: Any, **kwargs: Any) -> Iterator[datetime]:
        for nominal in after(*args, **kwargs):
            seen.append(nominal)
            yield nominal

    monkeypatch.setattr(timing.recurrence, "after", watched)
    assert check(expression="0 0 29 2 *", spread=86_400).spread == 86_400
    assert max(seen).year <= 2036


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = problems(target="no.such", expression="61 * * * *", time_zone="Mars", most_runs=0, calendar="work")
    assert set(found) == {"target", "expression", "time_zone", "most_runs", "calendar"}


def test_a_name_is_taken_once() -> None:
    first = saved()
    assert "choose another" in problems()["name"][0]
    rules.check_new_schedule(now=NOW, by=None, before=first, **ASKED)


def calendar(**fields: Any) -> Calendar:
    return Calendar.objects.create(name="work", **{"open_days": mask(range(5)), **fields})


def test_a_calendar_that_is_closed_at_each_of_its_times_is_refused() -> None:
    calendar(open_from=time(9), open_until=time(17))
    said = problems(calendar="work")["calendar"][0]
    assert "closed at all of its times (at the first: before its hours, which begin at 09:00)" in said
    assert check(calendar="work", blackout="next").calendar_id is not None
    assert check(calendar="work", expression="0 9 * * *").calendar_id is not None
    assert check(calendar="work", expression="* * * * *").calendar_id is not None
    assert "closed at all" in problems(calendar="work", expression="0 12 * * 6,0")["calendar"][0]


def test_one_open_time_in_a_year_is_enough() -> None:
    calendar(open_from=time(9), open_until=time(17))
    # 29 January is a Tuesday in 2030; Saturdays and Sundays of other months never are.
    assert check(calendar="work", expression="30 10 29 1 *").calendar_id is not None


def test_a_calendar_that_never_opens_is_refused_whatever_becomes_of_closed_runs() -> None:
    calendar(open_days=0)
    for blackout in ("skip", "next", "earlier"):
        assert "open" in problems(calendar="work", blackout=blackout)["calendar"][0]


def test_to_stop_other_runs_is_a_right() -> None:
    user = User.objects.create_user("ada")
    assert "jobs.control_job" in problems(overlap="cancel", by=user)["overlap"][0]
    user.user_permissions.add(Permission.objects.get(codename="control_job"))
    assert check(overlap="cancel", by=User.objects.get()).columns()["overlap"] == "cancel"


def test_what_is_over_may_be_changed_as_long_as_its_times_stay() -> None:
    schedule = saved(dialect="once", expression="2030-01-02T00:00")
    later = NOW + timedelta(days=30)
    was = rules.as_asked(schedule)
    new = rules.check_new_schedule(now=later, by=None, before=schedule, **{**was, "queue": "slow"})
    assert new.columns()["queue"] == "slow"
    with pytest.raises(ValidationError) as refused:
        rules.check_new_schedule(now=later, by=None, before=schedule, **{**was, "time_zone": "Asia/Tokyo"})
    assert list(refused.value.message_dict) == ["expression"]


def test_a_count_that_is_reached_already_is_refused() -> None:
    schedule = saved()
    was = rules.as_asked(schedule)
    with pytest.raises(ValidationError, match="It has come 1 times already"):
        rules.check_new_schedule(now=NOW, by=None, before=schedule, **{**was, "most_runs": 1})
    assert rules.check_new_schedule(now=NOW, by=None, before=schedule, **{**was, "most_runs": 2}).most_runs == 2
