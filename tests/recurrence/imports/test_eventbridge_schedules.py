"""Schedules and rules of Amazon EventBridge in JSON."""

import json
from datetime import UTC, datetime

import pytest

from jobs.recurrence.imports import Entry, eventbridge

FULL = {
    "Name": "report",
    "GroupName": "prod",
    "ScheduleExpression": "cron(0 3 ? * MON-FRI *)",
    "ScheduleExpressionTimezone": "Europe/Berlin",
    "State": "DISABLED",
    "EndDate": "2027-01-01T00:00:00+01:00",
    "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
    "Target": {"Arn": "arn:aws:lambda:eu-central-1:123456789012:function:report", "Input": '{"day": 1}'},
}
DAILY = {"Name": "a", "ScheduleExpression": "rate(1 day)"}


def test_a_schedule_becomes_an_entry():
    assert eventbridge(json.dumps(FULL, indent=2)) == (
        (
            Entry(
                line=4,
                name="prod/report",
                dialect="eventbridge",
                expression="cron(0 3 ? * MON-FRI *)",
                zone="Europe/Berlin",
                command="arn:aws:lambda:eu-central-1:123456789012:function:report",
                stdin='{"day": 1}',
                enabled=False,
                spread=900,
                ends_at=datetime(2026, 12, 31, 23, tzinfo=UTC),
            ),
        ),
        (),
    )


def test_without_a_zone_it_is_utc():
    ((entry,), _) = eventbridge(json.dumps({**DAILY, "GroupName": "default"}))

    assert (entry.name, entry.zone, entry.enabled, entry.spread) == ("a", "UTC", True, None)
    assert entry.notes == (
        "EventBridge counts from when the schedule was made; here from the schedule's first moment.",
    )


@pytest.mark.parametrize(
    "wrapped", [[FULL, DAILY], {"Rules": [FULL, DAILY]}, {"Schedules": [FULL, DAILY], "NextToken": "x"}]
)
def test_lists_are_read(wrapped):
    entries, refused = eventbridge(json.dumps(wrapped))

    assert refused == ()
    assert [entry.name for entry in entries] == ["prod/report", "a"]


def test_lines_are_those_of_the_expressions():
    entries, (refused,) = eventbridge(
        json.dumps([DAILY, {**DAILY, "ScheduleExpression": "rate(1 days)"}, DAILY], indent=1)
    )

    assert [entry.line for entry in entries] == [4, 12]
    assert (refused.line, refused.field) == (8, "unit")
    assert refused.why == "EventBridge refuses 1 days; write rate(1 day)."


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [
        ({"ScheduleExpression": "cron(0 3 * * * *)"}, "day of week", "Both day fields are given; write ?"),
        ({"ScheduleExpression": 5}, "ScheduleExpression", "The expression is no text; write it like cron"),
        ({"EndDate": "soon"}, "StartDate", "StartDate or EndDate is no moment; write it like 2026-12-31"),
        ({"State": "PAUSED"}, "State", "“PAUSED” is no state; write ENABLED or DISABLED."),
        ({"State": ["ENABLED"]}, "State", "“['ENABLED']” is no state"),
        ({"ScheduleExpressionTimezone": "Mars/Phobos"}, "zone", "“Mars/Phobos”: This time zone is not known"),
    ],
)
def test_it_is_refused_with_field_and_remedy(change, field, why):
    entries, (refused,) = eventbridge(json.dumps({**DAILY, **change}))

    assert entries == ()
    assert refused.field == field
    assert refused.why.startswith(why)


@pytest.mark.parametrize("begins", ["2026-12-31T23:59:00Z", "2027-01-01T00:59:00+01:00", 1798761540, 1798761540.0])
def test_dates_are_moments(begins):
    ((entry,), refused) = eventbridge(json.dumps({**DAILY, "StartDate": begins}))

    assert refused == ()
    assert entry.starts_at == datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert entry.notes == ()


def test_what_has_no_times_is_refused():
    entries, refused = eventbridge(json.dumps([{"Name": "b", "EventPattern": "{}"}, {"Name": "c"}]))

    assert entries == ()
    assert [one.text for one in refused] == ["b", "c"]
    assert refused[0].why == "This rule waits for events and has no schedule; make it a trigger."
    assert (
        refused[1].why == "Its times are missing; ask for each schedule with `aws scheduler get-schedule --name ...`."
    )


def test_what_is_no_json_is_refused_with_its_line():
    entries, (refused,) = eventbridge('[\n{"Name": "a"},\n{"Name": }\n]')

    assert entries == ()
    assert (refused.line, refused.text) == (3, '{"Name": }')
