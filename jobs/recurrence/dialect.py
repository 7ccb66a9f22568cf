"""Dialect: what is known of a way to write rules, and how to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jobs.recurrence.rule import Rule


def _no_notes(text: str) -> tuple[str, ...]:
    del text
    return ()


@dataclass(frozen=True)
class Dialect:
    """Way to write rules. `parse` takes the text, and the name of the schedule (which only a stable offset reads); it
    raises BadExpression."""

    key: str
    #: Name for people.
    label: str
    #: One line with an example.
    help: str
    parse: Callable[[str, str], Rule]
    #: What somebody who brings such an expression from elsewhere has to know; nothing where it means the same.
    notes: Callable[[str], tuple[str, ...]] = _no_notes
