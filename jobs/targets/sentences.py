"""Sentences about one argument: how they begin, and of which argument one is."""

from __future__ import annotations

import re

LONGEST_NAME = 200  # characters of an argument's name that a sentence shows
ABOUT = re.compile(r"Argument '(?P<argument>.*?)' is (?P<fault>missing|not known|wrong): ", re.DOTALL)


def about(argument: str, fault: str, rest: str) -> str:
    """Return the sentence: `argument` with dots between its parts, `fault` one of those that ABOUT knows."""
    return f"Argument '{argument[:LONGEST_NAME]}' is {fault}: {rest}"


def argument_in(sentence: str) -> str | None:
    """Return the argument that a sentence is about; None where it is about no single one."""
    found = ABOUT.search(sentence)
    return None if found is None else found["argument"]


def is_of(sentence: str, argument: str) -> bool:
    """Return whether a sentence is about this argument, or about a part of it."""
    found = argument_in(sentence)
    return found is not None and (found == argument or found.startswith(f"{argument}."))
