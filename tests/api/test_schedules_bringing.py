"""Bringing schedules by REST, and taking them out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from jobs.clock import clock
from jobs.models import Schedule
from tests.api.schedules import JSON, RIGHTS, URL, make, permit, withdraw
from tests.bringing.steps import COMMANDS, CRONTAB

TABLE = [{"pattern": "/usr/bin/*", "target": "demo.log", "payload": {"message": "{1}"}}]


@pytest.fixture
def api(api, operator):
    permit(operator, *RIGHTS)
    return api


def send(api, **body):
    return api.post(f"{URL}import/", {"source": "crontab", "text": CRONTAB, **body}, content_type=JSON)


def test_a_preview_creates_nothing(api):
    answer = send(api, zone="Europe/Berlin", table=TABLE)
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["good"], shown["refused"], shown["created"]) == (1, 2, [])
    backup, never, unknown = shown["lines"]
    assert (backup["number"], backup["is_good"], backup["target"]) == (2, False, "")
    assert backup["meaning"] == "at 02:30 on Monday to Friday, by the clock of Europe/Berlin"
    assert len(backup["starts"]) == 5
    assert {datetime.fromisoformat(start).strftime("%H:%M") for start in backup["starts"]} == {"02:30"}
    assert "No target is known for" in backup["problems"][0]
    assert never["problems"][0].startswith("Day of month: ")
    assert (unknown["is_good"], unknown["target"], unknown["payload"]) == (True, "demo.log", {"message": "unknown"})
    assert not Schedule.objects.exists()


def test_applied_it_brings_all_or_none(api, problem):
    problem(send(api, table=TABLE, apply=True), 400, "text", "Nothing was brought: 2 of 3 are refused.")
    problem(send(api, table=TABLE, apply=True), 400, "text", "Line 3: Day of month: ")
    assert not Schedule.objects.exists()
    answer = send(api, table=TABLE, apply=True, only_good=True)
    assert answer.status_code == 201, answer.content
    made = Schedule.objects.get()
    assert answer.json()["created"] == [made.pk]
    assert (made.name, made.enabled, made.created_by.username) == ("unknown", False, "ada")


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"source": "at"}, "source", ""),
        ({"zone": "Mars/Base"}, "zone", "time zone"),
        ({"table": [{"target": "demo.noop"}]}, "table", "needs a command or a pattern"),
        ({"text": "1 2 * * * /bin/x\n" * 1001}, "text", "This file has 1001 entries; 1000 are brought at once."),
    ],
)
def test_what_cannot_be_read_is_refused(api, problem, body, field, says):
    problem(send(api, **body), 400, field, says)


def test_it_needs_both_rights(api, operator, problem):
    withdraw(operator, "add_job")
    problem(send(api), 403, says="A schedule makes jobs.")
    withdraw(operator, "add_schedule")
    problem(send(api), 403, says="jobs.add_schedule")


def test_json_has_what_creates_it_anew(api):
    made = make(name="report", time_zone="Europe/Berlin", starts_at=datetime(2031, 1, 1, tzinfo=UTC), payload={})
    (shown,) = api.get(f"{URL}export/").json()["schedules"]
    assert (shown["expression"], shown["starts_at"]) == ("30 2 * * *", "2031-01-01T00:00:00+00:00")
    api.delete(f"{URL}{made.pk}/")
    assert api.post(URL, shown, content_type=JSON).status_code == 201
    assert api.get(f"{URL}export/?format=json").json()["schedules"] == [shown]


def test_a_crontab_has_programs_and_says_what_it_lacks(api, settings):
    settings.JOBS_COMMANDS = COMMANDS
    arguments = {"command": "backup", "arguments": ["--to", "a b"]}
    make(name="a", target="command", payload=arguments, time_zone="Europe/Berlin")
    make(name="b")
    make(name="c", target="command", payload={"command": "plain"}, enabled=False)
    answer = api.get(f"{URL}export/?format=crontab")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert lines[1:4] == ["CRON_TZ=Europe/Berlin", "# a", "30 2 * * * /usr/local/bin/backup --to 'a b'"]
    assert lines[4] == "# Not here: b (cron 30 2 * * *). Its target demo.noop is no program; keep this schedule here."
    assert "switched off or paused" in lines[5]
    assert len(lines) == 6


def test_a_feed_has_the_starts_of_a_month(api):
    now = clock.current()
    make(name="nightly")
    make(name="often", expression="* * * * *")
    make(name="off", enabled=False)
    make(name="thrice", most_runs=3)
    make(name="later", dialect="once", expression=f"{now + timedelta(days=40):%Y-%m-%dT%H:%M}")
    answer = api.get(f"{URL}export/?format=icalendar")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    names = [str(event["summary"]) for event in events]
    assert names.count("nightly") in (31, 32)
    assert (names.count("often"), names.count("thrice"), len(set(names))) == (100, 3, 3)
    assert len({str(event["uid"]) for event in events}) == len(events)
    starts = [event.decoded("dtstart") for event in events]
    assert starts == sorted(starts)
    assert starts[0] > now


def test_the_run_that_has_a_job_is_one_of_those_that_a_preview_shows(api):
    made = make(name="thrice", most_runs=3)
    body = {"dialect": "cron", "expression": "30 2 * * *", "most_runs": 3, "schedule": made.pk}
    shown = api.post(f"{URL}preview/", body, content_type=JSON).json()
    assert (len(shown["starts"]), shown["is_all"]) == (3, True)


def test_an_unknown_format_is_refused(api, problem):
    problem(api.get(f"{URL}export/?format=xml"), 400, "format", "give one of json, crontab, icalendar")


def test_in_shadow_it_starts_nothing(api):
    answer = send(api, table=TABLE, apply=True, only_good=True, shadow=True)
    assert answer.status_code == 201, answer.content
    made = Schedule.objects.get()
    assert (made.enabled, made.shadow, made.next_job_id) == (False, True, None)
