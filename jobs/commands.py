"""Programs that operators have named in JOBS_COMMANDS, for jobs of the target `command`.

Nothing here needs Django to be set up.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from jobs import named_entries
from jobs.named_entries import Entry, NamedEntries

MOST_KB = 12  # of output: what is kept with an attempt has 16,384 characters of JSON
SETTING = "JOBS_COMMANDS"

Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]


class Limits(Entry):
    """Limits that the system sets each process of a program; None: those of the worker."""

    memory_mb: Annotated[int, Field(ge=1, le=1_048_576)] | None = None
    cpu_seconds: Annotated[int, Field(ge=1, le=31_536_000)] | None = None
    files: Annotated[int, Field(ge=8, le=1_048_576)] | None = None


class Command(Entry):
    """Program that jobs may run by a name."""

    #: Its absolute path.
    program: Annotated[str, Field(pattern=r"^/[^\x00]*$")]
    #: First arguments of each run.
    arguments: tuple[Text, ...] = Field(default=(), strict=False)
    #: True: a job may add arguments of its own.
    more_arguments: bool = False
    #: Name of the user that it runs as; None: that of the worker.
    user: Annotated[str, Field(min_length=1)] | None = None
    #: Folder that it runs in.
    folder: Annotated[str, Field(pattern=r"^/[^\x00]*$")] = "/"
    #: Variables of its environment beside those of every program.
    environment: dict[Annotated[str, Field(pattern=r"^[^=\x00]+$")], Text] = {}
    limits: Limits = Limits()
    #: True: each run waits until a second person has approved it.
    approval: bool = False
    #: KiB of output that are kept, the first half and the last.
    output_kb: Annotated[int, Field(ge=1, le=MOST_KB)] = 8

    def faults(self) -> list[str]:
        """Return what is wrong with the program as it lies on this machine, so that it must not be run."""
        try:
            found = Path(self.program).stat()
        except OSError:
            return []
        if not stat.S_ISREG(found.st_mode) or not os.access(self.program, os.X_OK):
            return [f"{self.program} is no program that can be run here; name one, or make it executable."]
        if found.st_mode & stat.S_IWOTH:
            return [f"everybody on this machine may change {self.program}; take that right away (chmod o-w)."]
        return []

    def lacks(self) -> list[str]:
        """Return what it needs and this machine has not: only a worker's must have it."""
        found = []
        if not Path(self.program).exists():
            found.append(f"there is no {self.program} here")
        if not Path(self.folder).is_dir():
            found.append(f"there is no folder {self.folder} here")
        if self.user is not None:
            try:
                account = pwd.getpwnam(self.user)
            except KeyError:
                return [*found, f"there is no user {self.user} here"]
            if os.geteuid() not in (0, account.pw_uid):
                found.append(f"only root can run it as the user {self.user}")
        return found


def parsed(entries: object) -> dict[str, Command]:
    """Return commands by name. Raises ValueError with a sentence for each entry that is wrong."""
    return named_entries.parsed(SETTING, Command, entries, '{"backup": {"program": "/usr/bin/x"}}', _why)


def _why(error: Mapping[str, Any]) -> str:
    if error["type"] == "string_pattern_mismatch":
        last = error["loc"][-1]
        return "write an absolute path" if last in ("program", "folder") else "this text has a character it cannot have"
    if error["type"] == "extra_forbidden":
        known = Limits if "limits" in error["loc"] else Command
        return f"there is no such field; known are {', '.join(known.model_fields)}"
    return named_entries.plainly(str(error["msg"]))


class Commands(NamedEntries):
    """Programs by name."""

    def entries(self, found: object) -> Any:
        return parsed(found)
