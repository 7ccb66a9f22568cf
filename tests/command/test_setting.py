"""JOBS_COMMANDS: what operators write, and what is refused of it."""

from __future__ import annotations

import json
import os

import pytest

from jobs.checks import check_settings
from jobs.commands import parsed
from jobs.settings_table import BY_NAME
from project import env

GOOD = {
    "backup": {
        "program": "/usr/bin/tar",
        "arguments": ["-c"],
        "more_arguments": True,
        "folder": "/srv",
        "environment": {"LEVEL": "9"},
        "limits": {"memory_mb": 512, "cpu_seconds": 60, "files": 100},
        "output_kb": 4,
    }
}


def read(text):
    return BY_NAME["JOBS_COMMANDS"].read(text)


def test_json_and_a_file_with_it_say_the_same(tmp_path):
    (tmp_path / "commands.json").write_text(json.dumps(GOOD))
    found = read(json.dumps(GOOD))
    assert found == read(str(tmp_path / "commands.json"))
    backup = found["backup"]
    assert (backup.program, backup.arguments, backup.more_arguments) == ("/usr/bin/tar", ("-c",), True)
    assert (backup.folder, backup.limits.memory_mb, backup.output_kb) == ("/srv", 512, 4)


def test_it_is_off_by_default(monkeypatch):
    monkeypatch.delenv("JOBS_COMMANDS", raising=False)
    assert env.read().jobs["JOBS_COMMANDS"] == {}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"program": "tar"}, "JOBS_COMMANDS is wrong at x.program: write an absolute path."),
        ({}, "JOBS_COMMANDS is wrong at x.program: field required."),
        ({"program": "/b", "shell": True}, "JOBS_COMMANDS is wrong at x.shell: there is no such field; known are"),
        ({"program": "/b", "folder": "tmp"}, "JOBS_COMMANDS is wrong at x.folder: write an absolute path."),
        ({"program": "/b", "arguments": "-c"}, "JOBS_COMMANDS is wrong at x.arguments: input should be a valid tuple"),
        ({"program": "/b", "arguments": ["a\0"]}, "x.arguments.0: this text has a character it cannot have."),
        ({"program": "/b", "limits": {"memory": 1}}, "x.limits.memory: there is no such field; known are memory_mb"),
        ({"program": "/b", "limits": {"files": 1}}, "x.limits.files: input should be greater than or equal to 8."),
        ({"program": "/b", "output_kb": 13}, "x.output_kb: input should be less than or equal to 12."),
        ({"program": "/b", "more_arguments": "yes"}, "x.more_arguments: input should be a valid boolean."),
    ],
)
def test_a_wrong_entry_is_told_with_its_place(entry, why):
    with pytest.raises(ValueError, match="JOBS_COMMANDS") as refused:
        parsed({"x": entry})
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": }', "JOBS_COMMANDS is no JSON (line 1, column 7: Expecting value); mend it there."),
        ("nowhere.json", "JOBS_COMMANDS is 'nowhere.json', a file that cannot be read (No such file or directory)"),
        ('{"a b": {"program": "/x"}}', "JOBS_COMMANDS names 'a b'; use letters, digits, dots, dashes and underscores."),
        ('{"a": {"program": "/x"}, "a": {"program": "/y"}}', "has 'a' twice; leave one of them out."),
    ],
)
def test_what_is_no_table_of_commands_stops_every_process(monkeypatch, text, why):
    monkeypatch.setenv("JOBS_COMMANDS", text)
    with pytest.raises(env.ConfigurationError) as stopped:
        env.read()
    assert why in str(stopped.value)


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        (0o755, None),
        (0o757, "everybody on this machine may change"),
        (0o644, "is no program that can be run here; name one, or make it executable."),
    ],
)
def test_a_program_that_others_may_change_or_nobody_may_run_is_refused(named, tmp_path, mode, why):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(mode)
    named(x={"program": str(program)})
    found = [one for one in check_settings(None) if one.id == "jobs.E012"]
    assert len(found) == (0 if why is None else 1)
    if why is not None:
        assert found[0].msg.startswith("The command 'x' of JOBS_COMMANDS cannot be allowed: ")
        assert why in found[0].msg


def test_what_this_machine_has_not_is_a_warning_since_web_needs_none_of_it(named, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    named(x={"program": "/nowhere/x", "folder": "/nowhere", "user": "nobody"}, y={"program": "/bin/sh", "user": "n-n"})
    found = [one.msg for one in check_settings(None) if one.id == "jobs.W004"]
    assert found == [
        "The command 'x' of JOBS_COMMANDS cannot be run here: there is no /nowhere/x here.",
        "The command 'x' of JOBS_COMMANDS cannot be run here: there is no folder /nowhere here.",
        "The command 'x' of JOBS_COMMANDS cannot be run here: only root can run it as the user nobody.",
        "The command 'y' of JOBS_COMMANDS cannot be run here: there is no user n-n here.",
    ]
