"""Logs of other schedulers: what has started, and when."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from jobs.recurrence.imports import timers, user_crontab
from jobs.web.bringing.logs import STARTED, STARTING, NoLog, key_of, read

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def starts(*lines, zone=BERLIN, now=NOW):
    found = read(lines, zone=zone, now=now).starts
    return {
        key: [f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"[:23] for moment in times] for key, times in found.items()
    }


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("Nov 28 02:30:01", "2026-11-28 01:30:01.000"),
        ("Jul  3 02:30:01", "2026-07-03 00:30:01.000"),
        ("Dec 24 02:30:01", "2025-12-24 01:30:01.000"),  # this year's lies ahead
        ("Feb 29 02:30:01", "2024-02-29 01:30:01.000"),
        ("2026-11-28T02:30:01.123456+01:00", "2026-11-28 01:30:01.123"),
        ("2026-11-28T01:30:01Z", "2026-11-28 01:30:01.000"),
    ],
)
def test_a_line_of_cron(stamp, at):
    assert starts(f"{stamp} host CRON[4711]: (root) CMD (/bin/backup --full)\n") == {"command /bin/backup --full": [at]}


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("host CROND[1]: (ada) CMD (x (y) z)", "x (y) z"),  # cronie
        (
            "host /usr/sbin/cron[1]: (ada) CMD (   cd / && run-parts /etc/cron.hourly)",
            "cd / && run-parts /etc/cron.hourly",
        ),
        ("host CRON[1]: (ada) CMD ([12] x#011y)", "x y"),
    ],
)
def test_what_other_crons_write(line, command):
    assert list(starts(f"Nov 28 02:30:01 {line}")) == [f"command {command}"]


def test_what_is_no_start_says_only_how_far_the_log_goes():
    log = read(
        [
            "Nov 28 01:00:00 host CRON[1]: (root) CMDEND (x)",
            "Nov 28 01:30:00 host anacron[1]: (root) CMD (x)",
            "Nov 28 02:00:00 host CRON[1]: (root) INFO (pidfile fd = 3)",
            "Xyz 28 02:30:00 host CRON[1]: (root) CMD (x)",
            "Nov 31 02:30:00 host CRON[1]: (root) CMD (x)",
            "no time",
        ],
        zone=ZoneInfo("UTC"),
        now=NOW,
    )
    assert (log.starts, log.first.hour, log.last.hour) == ({}, 1, 2)


def test_the_hour_that_comes_twice_is_told_by_its_order():
    lines = [
        f"Oct 25 {clock} host CRON[1]: (root) CMD (x)" for clock in ("02:00:01", "02:30:01", "02:00:01", "02:30:01")
    ]
    (found,) = starts(*lines).values()
    assert [moment[11:16] for moment in found] == ["00:00", "00:30", "01:00", "01:30"]


def test_what_starts_once_in_each_of_the_two_hours_has_started_twice():
    lines = [f"Oct 25 0{hour}:17:01 host CRON[1]: (root) CMD (x)" for hour in (1, 2, 2, 3)]
    (found,) = starts(*lines).values()
    assert [moment[11:16] for moment in found] == ["23:17", "00:17", "01:17", "02:17"]
    (found,) = starts(lines[0], lines[0]).values()
    assert [moment[11:16] for moment in found] == ["23:17", "23:17"], "two entries of one command"


def journal(at, **fields):
    return json.dumps({"__REALTIME_TIMESTAMP": str(int(at.timestamp() * 1_000_000)), **fields})


def test_a_journal_has_each_start_of_a_unit_once():
    of_unit = {"UNIT": "backup.service", "MESSAGE": "Starting backup.service - Backup...", "INVOCATION_ID": "a"}
    lines = [
        journal(NOW, MESSAGE_ID=STARTING, **of_unit),
        journal(NOW, MESSAGE_ID=STARTED, **of_unit),  # it has ended: a unit of one shot
        journal(NOW, MESSAGE_ID=STARTED, UNIT="other.service", MESSAGE="Started other.", JOB_ID="7"),
        journal(NOW, MESSAGE_ID=STARTING, USER_UNIT="mine.service", MESSAGE="", USER_INVOCATION_ID="b"),
        journal(NOW, MESSAGE_ID=STARTED, USER_UNIT="mine.service", MESSAGE="", USER_INVOCATION_ID="b"),
        journal(NOW, MESSAGE_ID="0", UNIT="other.service", MESSAGE="Deactivated."),
        journal(NOW, MESSAGE_ID=STARTED, MESSAGE="Started something."),
        journal(NOW, MESSAGE=[1, 2]),
        journal(NOW, SYSLOG_IDENTIFIER="CRON", MESSAGE="(root) CMD (x)"),
        "{not json",
        "[]",
        '{"MESSAGE": "without a time"}',
        journal(NOW, MESSAGE="Scheduler: Sending due task nightly (app.tasks.nightly)"),
    ]
    noon = ["2026-11-28 12:00:00.000"]
    assert starts(*lines) == {
        "unit backup.service": noon,
        "unit other.service": noon,
        "unit mine.service": noon,
        "command x": noon,
        "entry nightly": noon,
    }


def test_a_line_of_beat():
    line = "[2026-11-28 02:30:00,012: INFO/MainProcess] Scheduler: Sending due task a (b) c (app.tasks.nightly)\n"
    assert starts(line) == {"entry a (b) c": ["2026-11-28 01:30:00.012"]}
    assert starts(line.replace("Sending", "Losing")) == {}


def test_a_text_without_times_is_no_log():
    with pytest.raises(NoLog, match="No line of this log has a time"):
        starts("30 2 * * * /bin/backup")


def test_an_entry_is_known_by_its_command_or_unit():
    (entry,), _ = user_crontab("30 2 * * *  /bin/backup  a\\%b%input\n")
    assert key_of(entry) == "command /bin/backup a%b"
    (entry,), _ = timers("[Unit]\nDescription=Backup\n[Timer]\nOnCalendar=daily\nUnit=backup.service\n")
    assert key_of(entry) == "unit backup.service"
