"""Words of a command line that say nothing are refused with what to write."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.client.cli.asking import WrongUsage, arguments, asked
from jobs.client.cli.output import cell, table
from tests.cli.conftest import Shell


class Nobody:
    """Door that nobody may knock at."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("create", "demo.sleep", "seconds"), "'seconds' is no argument; write name=text"),
        (("create", "demo.sleep", "seconds:=x"), "seconds:= is not JSON"),
        (("create", "demo.sleep", "a=1", "a=2"), "The argument 'a' is given twice"),
        (("create", "demo.sleep", "--payload", "{"), "--payload is not JSON"),
        (("create", "demo.sleep", "--payload", "@nowhere.json"), "nowhere.json cannot be read"),
        (("create", "--from", "nowhere.json"), "nowhere.json cannot be read"),
        (("create", "demo.sleep", "--label", "a"), "'a' is no label; write it like team:payroll."),
    ],
)
def test_what_cannot_be_read_is_wrong_usage(words, says):
    said = Shell(Nobody())(*words)  # type: ignore[arg-type]

    assert (said.code, said.out) == (2, "")
    assert says in said.err


@pytest.mark.parametrize(
    "words", [("show", "x"), ("show", "-1"), ("list", "--limit", "0"), ("wait", "1", "--timeout", "nan"), ("dance",)]
)
def test_what_is_no_number_or_verb_exits_with_2(words, capsys):
    with pytest.raises(SystemExit) as left:
        Shell(Nobody())(*words)  # type: ignore[arg-type]
    assert left.value.code == 2
    assert "invalid" in capsys.readouterr().err


def test_arguments_are_text_or_json():
    assert arguments(["name=Ada", "month:=11", "dry:=true", "to:=[1]", "eq=a=b"]) == {
        "name": "Ada",
        "month": 11,
        "dry": True,
        "to": [1],
        "eq": "a=b",
    }
    with pytest.raises(WrongUsage):
        arguments(["=x"])


def test_fields_can_be_emptied():
    said = asked({"key": "none", "labels": ["none"], "retry_on": ["none"], "rerunnable": "true"}, editing=True)

    assert said == {"key": None, "labels": {}, "retry_on": [], "rerunnable": True}


def test_a_terminal_is_not_written_to_by_names():
    assert cell("a\x1b[2Jb\nc") == "a [2Jb"
    assert len(cell("x" * 500)) == 60
    assert table(["id", "state_name"], [["1", "pending"]]) == ["id  state", "1   pending"]
