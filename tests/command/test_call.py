"""Payloads of commands: refused when the job is created."""

from __future__ import annotations

import pytest

from jobs import targets
from jobs.targets import InvalidArguments


def problems(payload):
    with pytest.raises(InvalidArguments) as refused:
        targets.find("command").check(payload)
    return refused.value.problems


@pytest.fixture
def two(named):
    named(plain={"program": "/bin/true"}, open={"program": "/bin/true", "more_arguments": True})


def test_without_commands_it_is_off(named):
    named()
    assert problems({"command": "plain"}) == [
        "Argument 'command' is wrong: no program may be run; name those that may be in the setting JOBS_COMMANDS."
    ]


def test_only_what_has_a_name_can_be_run(two):
    assert problems({"command": "/bin/sh"}) == [
        "Argument 'command' is wrong: it is not in JOBS_COMMANDS; choose one of its names, such as open, plain."
    ]


def test_arguments_are_for_commands_that_allow_them(two):
    assert problems({"command": "plain", "arguments": ["-x"]}) == [
        "The command 'plain' takes no arguments of a job; leave them out, or allow them in JOBS_COMMANDS by "
        '"more_arguments": true.'
    ]
    given = targets.find("command").check({"command": "open", "arguments": ["-x", ""], "stdin": "é"})
    assert given == {"command": "open", "arguments": ["-x", ""], "stdin": "é"}


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("a\0b", "Argument 'arguments' is wrong: number 2 has a NUL, which no argument can have; take it out."),
        (
            "\ud800",
            "Argument 'arguments.1' is wrong: input should be a valid string, unable to parse raw data as a unicode "
            "string.",
        ),
    ],
)
def test_an_argument_that_no_program_can_be_given_is_refused(two, word, why):
    assert problems({"command": "open", "arguments": ["good", word]}) == [why]


def test_a_shell_line_is_no_list(two):
    assert problems({"command": "open", "arguments": "-x; rm"}) == [
        "Argument 'arguments' is wrong: input should be a valid list."
    ]
