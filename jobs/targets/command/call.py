"""Call of a command: checked when the job is created, and again where it runs."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from jobs.conf import conf
from jobs.targets.signatures import Arguments

SHOWN = 20  # names in a sentence

Word = Annotated[str, Field(max_length=100_000)]


def waits_for_approval(payload: object) -> bool:
    """Return whether the program that a payload names waits for an approval of each run; SQL may have written anything
    there."""
    name = payload.get("command") if isinstance(payload, dict) else None
    entry = conf().commands.get(name) if isinstance(name, str) else None
    return entry is not None and entry.approval


class CommandCall(Arguments):
    """Run of a program by the name that operators have given it. `arguments` come after those of its entry in
    JOBS_COMMANDS; `stdin` is what it can read from its standard input.
    """

    command: Annotated[str, Field(max_length=100)]
    arguments: Annotated[list[Word], Field(max_length=1000)] = []
    stdin: str | None = None

    @field_validator("command")
    @classmethod
    def _command(cls, name: str) -> str:
        known = conf().commands
        if not known:
            raise ValueError("no program may be run; name those that may be in the setting JOBS_COMMANDS")
        if name not in known:
            names = ", ".join(sorted(known)[:SHOWN])
            raise ValueError(f"it is not in JOBS_COMMANDS; choose one of its names, such as {names}")
        return name

    @field_validator("arguments")
    @classmethod
    def _words(cls, arguments: list[str]) -> list[str]:
        for number, word in enumerate(arguments, 1):
            if "\0" in word:
                raise ValueError(f"number {number} has a NUL, which no argument can have; take it out")
        return arguments

    @model_validator(mode="after")
    def _allowed(self) -> Self:
        if self.arguments and not conf().commands[self.command].more_arguments:
            raise ValueError(
                f"The command '{self.command}' takes no arguments of a job; leave them out, or allow them in "
                'JOBS_COMMANDS by "more_arguments": true.'
            )
        return self
