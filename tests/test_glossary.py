"""docs/glossary.md has words that the code uses, and the words that it replaced name nothing any more."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = [path for room in ("jobs", "launcher", "project") for path in (ROOT / room).rglob("*.py")]
CODE = "\n".join(path.read_text() for path in PRODUCT if "migrations" not in path.parts)
WORDS = re.findall(r"^\| (\w+) \|", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)[1:]

# Each was another word for what the glossary calls by one.
RETIRED = [
    "Station",
    "StationStep",
    "Intake",
    "Arming",
    "Passing",
    "Wanted",
    "Claimed",
    "insist",
    "ChildSlots",
    "volley",
]

# Words that no identifier is made of any more, not even as one of several. Looked for in names only: what people read,
# SQL, tables (`jobs_lane`) and migrations may have them.
RETIRED_IN_NAMES = {
    *("lane", "lanes", "told", "settle", "settles", "settled", "settling", "station", "intake", "volley", "insist"),
    *("repend", "repended", "repending", "outlet", "passing", "claimed", "arming", "confirmations"),
    *("beginning", "stroke", "strokes", "course", "neighbours", "eye"),
}
HOLD = {"hold", "holds", "held", "holding"}
# All that is named by a hold (states.Hold, the column `holds`), and what is called so outside.
NAMES_OF_HOLDS = {
    *("Hold", "HOLD", "HOLDS", "hold", "holds", "holds__gt", "holding", "_hold"),
    *("held", "HELD", "_held", "held_by", "held_counts", "HeldFilter", "held_by_queue", "held_in_queue", "HELD_LIMIT"),
    *("held_at", "held_why"),  # columns of jobs_installation
    "DatabaseHeld",  # an event: logs and alerts have its name
    *("Held", "MOST_HELD"),  # `make bench-steady --hold`, and its figures
}
NAMES_ALLOWED = {"SettledWhileAsleep"}  # an event: logs and alerts have its name


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def names(path: Path) -> Iterator[tuple[str, str]]:
    """Whatever this file gives a name, with where it does."""
    yield path.stem, str(path)
    for node in ast.walk(ast.parse(path.read_text())):
        found: list[str | None] = []
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found = [name]
            case ast.arg(arg=name) | ast.keyword(arg=name) | ast.Attribute(attr=name):
                found = [name]
            case ast.Name(id=name, ctx=ast.Store()):
                found = [name]
            case ast.alias(name=name, asname=asname):
                found = [name, asname]
            case ast.ExceptHandler(name=name):
                found = [name]
        where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        yield from ((name, where) for name in found if name)


NAMED = [
    one
    for room in ("jobs", "launcher", "project", "verification")
    for path in sorted((ROOT / room).rglob("*.py"))
    if "migrations" not in path.parts
    for one in names(path)
]


def test_there_are_words():
    assert len(WORDS) > 20


@pytest.mark.parametrize("word", WORDS)
def test_each_word_is_used(word):
    assert re.search(rf"\b{word}s?\b", CODE, re.IGNORECASE)


@pytest.mark.parametrize("word", RETIRED)
def test_a_retired_word_names_nothing(word):
    assert not re.search(rf"\b{word}\b(?=[(.:,\])=])", CODE)


def test_no_name_is_made_of_a_retired_word():
    assert len(NAMED) > 10_000
    found = [f"{where} {name}" for name, where in NAMED if words(name) & RETIRED_IN_NAMES and name not in NAMES_ALLOWED]
    assert found == []


def test_hold_and_held_are_of_states_hold_only():
    found = [f"{where} {name}" for name, where in NAMED if words(name) & HOLD and name not in NAMES_OF_HOLDS]
    assert found == []


def test_what_is_allowed_is_there():
    assert {name for name, _ in NAMED} >= NAMES_ALLOWED | NAMES_OF_HOLDS
