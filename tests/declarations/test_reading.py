"""Declarations of schedules in TOML: what is wrong is told at once, each with its entry and field."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from jobs.declarations import Refused
from jobs.declarations.reading import parse, read

GOOD = """
[[schedule]]
name = "nightly"
target = "demo.sleep"
dialect = "cron"
expression = "30 2 * * *"
starts_at = 2030-01-01T00:00:00Z
payload = { seconds = 0.5, exact = 0.12345678901234567891, list = [1, true] }
retry_on = ["failure"]
labels = { team = "payroll" }
"""


def refused(text):
    with pytest.raises(Refused) as error:
        parse(text, "schedules.toml")
    return error.value.problems


def test_values_are_those_of_rest():
    (found,) = parse(GOOD, "x")
    assert found.asked == {
        "name": "nightly",
        "target": "demo.sleep",
        "dialect": "cron",
        "expression": "30 2 * * *",
        "starts_at": datetime(2030, 1, 1, tzinfo=UTC),
        "payload": {"seconds": 0.5, "exact": Decimal("0.12345678901234567891"), "list": [1, True]},
        "retry_on": ["failure"],
        "labels": {"team": "payroll"},
    }
    assert type(found.asked["payload"]["seconds"]) is float


def test_a_file_without_schedules_declares_none():
    assert parse("", "x") == []


def test_all_that_is_wrong_is_told_at_once():
    text = GOOD + GOOD.replace("starts_at", "start_at").replace("0.5", "2030-01-01").replace("[1, true]", "[inf]")
    assert refused(f"time_zone = 'UTC'\n{text}\n[[schedule]]\nname = 'half'\ndialect = 'cron'\n") == [
        "schedules.toml has 'time_zone', which means nothing; write each schedule under [[schedule]].",
        "Schedule 2 'nightly', start_at: there is no such field; did you mean starts_at?",
        "Schedule 2 'nightly', payload.seconds: JSON has no such value; write it as text.",
        "Schedule 2 'nightly', payload.list.0: JSON has no such value; write it as text.",
        "Schedule 2 'nightly', name: schedule 1 of schedules.toml has it too; choose another.",
        "Schedule 3 'half', target: it is missing; the registered name of what is called.",
        "Schedule 3 'half', expression: it is missing; when it starts, in that language: 30 2 * * mon-fri is at 02:30 "
        "from Monday to Friday in cron's.",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[schedules]]\nname = 'x'", "has 'schedules', which means nothing; write each schedule under [[schedule]]."),
        ("[schedule]\nname = 'x'", "has 'schedule' that is no list; write [[schedule]] above each."),
        ("schedule = [1]", "has 'schedule' that is no list; write [[schedule]] above each."),
        ("[[schedule]\n", "schedules.toml is no TOML: Expected ']]' at the end of an array declaration (at line 1,"),
        (f"x = {'[' * 100_000}", "schedules.toml is no TOML"),
    ],
)
def test_what_declares_nothing_is_no_order_to_delete_everything(text, why):
    (problem,) = refused(text)
    assert why in problem


def test_a_file_that_is_not_there_is_no_empty_one(tmp_path):
    with pytest.raises(Refused, match=r"There is no file .*none.toml; give the path of one, or set JOBS_SCHEDULES"):
        read(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    with pytest.raises(Refused, match="is no UTF-8"):
        read(tmp_path / "latin.toml")
    with pytest.raises(Refused, match="cannot be read: Is a directory"):
        read(tmp_path)
