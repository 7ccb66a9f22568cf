"""What a mutant is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """One text of one file, which must stand there exactly once, and what is put in its place."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A guarantee taken away."""

    name: str
    guarantee: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]


def mutant(name: str, guarantee: str, tests: tuple[str, ...], *edits: tuple[str, str, str]) -> Mutant:
    return Mutant(name, guarantee, tests, tuple(Edit(*edit) for edit in edits))


ACCEPTED = "accepted"
NEVER_TWICE = "never twice"
NEVER_LOST = "never lost"
NEVER_EARLY = "never early"
TRUE_END = "after the start"
ON_TIME = "on time"
