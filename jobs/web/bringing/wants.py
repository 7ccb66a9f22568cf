"""Targets for what entries run: by the table, else the Celery task, or a program that JOBS_COMMANDS names."""

from __future__ import annotations

import re
import shlex
from typing import Any

from jobs import targets
from jobs.conf import conf
from jobs.recurrence.imports import Entry
from jobs.targets.celery_tasks import PREFIX
from jobs.web.bringing.celery_entries import CeleryEntry
from jobs.web.bringing.table import Table

COMMAND = "command"  # the target that runs programs
SHOWN = 100  # characters of a command in a sentence
# Quoted text means itself; what is left of a line may mean something to a shell.
QUOTED = re.compile(r"'[^']*'|\\.")
SHELL = re.compile(r"[|&;<>()$`\n]")
DOUBLE = re.compile(r'"[^"]*"')
EXPANDED = re.compile(r"[*?\[{~#]")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


class NoTarget(ValueError):
    """Entry without a target; the message says what to write."""


def wanted(entry: Entry, table: Table) -> dict[str, Any]:
    """Return target, payload and queue of an entry, by the names of a schedule's fields. Raises NoTarget."""
    if (found := table.wanted(entry)) is not None:
        return found
    if isinstance(entry, CeleryEntry):
        given: dict[str, Any] = {"args": entry.args, "kwargs": entry.kwargs}
        queue = {"queue": entry.queue} if entry.queue else {}
        task = f"{PREFIX}{entry.command}"
        return {"target": task, "payload": {name: value for name, value in given.items() if value}, **queue}
    if not entry.command.strip():
        raise NoTarget('The source does not say what it runs; map command = "" or pattern = "*" to a target.')
    return {"target": COMMAND, "payload": _program(entry)}


def _program(entry: Entry) -> dict[str, Any]:
    shown = entry.command if len(entry.command) <= SHOWN else f"{entry.command[:SHOWN]}…"
    remedy = f"map it in the table of commands: command = {_toml(shown)}, target = "
    commands = conf().commands
    if not commands:
        raise NoTarget(f"No target is known for “{shown}”; {remedy}one of {_known()}.")
    words = _words(entry.command)
    if words is None:
        raise NoTarget(
            f"“{shown}” needs a shell, and no job has one; put it into a script that JOBS_COMMANDS names, or {remedy}…"
        )
    for name, found in sorted(commands.items(), key=lambda pair: -len(pair[1].arguments)):
        own = (found.program, *found.arguments)
        if tuple(words[: len(own)]) == own and (found.more_arguments or len(words) == len(own)):
            more: dict[str, Any] = {"arguments": words[len(own) :]} if len(words) > len(own) else {}
            return {"command": name, **more, **({"stdin": entry.stdin} if entry.stdin else {})}
    raise NoTarget(
        f"No entry of JOBS_COMMANDS runs {words[0][:SHOWN]} with these arguments; add one (with its whole path, and "
        f'"more_arguments": true where jobs may give some), or {remedy}…'
    )


def _words(command: str) -> list[str] | None:
    """Return the words of a command; None where only a shell knows what it means."""
    bare = QUOTED.sub("", command)
    if SHELL.search(bare) or EXPANDED.search(DOUBLE.sub("", bare)) or ASSIGNMENT.match(command):
        return None
    try:
        return shlex.split(command) or None
    except ValueError:
        return None


def _toml(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def _known() -> str:
    names = targets.names()
    return ", ".join(names[:5]) + (" and others" if len(names) > 5 else "")
