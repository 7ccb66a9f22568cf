"""docs/events.md lists all events, with their fields as the code has them."""

import importlib
import pkgutil
from dataclasses import fields
from datetime import UTC, datetime
from logging import getLevelName
from pathlib import Path

import pytest

from jobs import events
from jobs.events.event import Event

DOC = Path(__file__).parent.parent.parent / "docs" / "events.md"


def found():
    """All events of the product: classes with a sentence of their own."""
    for module in pkgutil.walk_packages(events.__path__, "jobs.events."):
        importlib.import_module(module.name)
    waiting, kinds = [Event], []
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith("jobs.events.") and "text" in vars(kind):
                kinds.append(kind)
    return sorted(kinds, key=lambda kind: (kind.logger, kind.__name__))


EVENTS = found()


def row(kind):
    types = {one.name: str(one.type).replace("|", r"\|") for one in fields(kind)}
    said = ", ".join(f"`{name}: {type_}`" for name, type_ in types.items())
    what = " ".join(kind.__doc__.split())
    return f"| `{kind.__name__}` | `{kind.logger}` | {getLevelName(kind.level)} | {said} | {what} |"


def test_each_event_stands_in_the_table_and_no_other():
    table = [line for line in DOC.read_text().splitlines() if line.startswith("| `")]
    assert table == [row(kind) for kind in EVENTS]


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_its_sentence_can_be_made_of_its_fields(kind):
    """Each with a value of its type, as far as the sentence minds."""
    values = {"int": 1, "float": 1.5, "float | None": None, "datetime": datetime.now(UTC)}
    made = kind(**{one.name: values.get(str(one.type), "x") for one in fields(kind)})
    words = made.words()
    assert kind.text % words if words else kind.text
    assert not kind.traceback or "error" in words


def test_no_two_have_the_same_name():
    names = [kind.__name__ for kind in EVENTS]
    assert len(set(names)) == len(names)
