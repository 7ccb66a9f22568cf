"""Description of a mutant: edits of the code, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """Change of one text in one file, where it must stand exactly once, to another."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """Mutant of the code: its edits take a guarantee away, which its tests must notice."""

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
AUDITED = "audited"
PERMITTED = "permitted"
