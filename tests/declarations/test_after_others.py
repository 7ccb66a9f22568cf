"""Schedules that are declared to come after others: by their names, whether these are there or declared beside them."""

from __future__ import annotations

import pytest

from jobs.models import Schedule
from tests.declarations.test_schedules_command import at_new_year, by_hand, entry, file, refused, schedules

pytestmark = pytest.mark.django_db
__all__ = ["at_new_year", "file"]  # fixtures


def order():
    """Who comes after whom, by their names."""
    return {one.name: Schedule.objects.names_of(one.after_ids) for one in Schedule.objects.order_by("name")}


def test_they_are_named_whether_they_are_there_or_declared_beside_it(file):
    by_hand("theirs")
    file.write_text(
        entry("third", after=["second", "theirs"]) + entry("second", after=["first"], after_end="any") + entry("first")
    )
    lines, _ = schedules("plan", file)
    assert lines[0].startswith("+ third")
    schedules("apply", file)
    assert order() == {"first": (), "second": ("first",), "theirs": (), "third": ("second", "theirs")}
    assert schedules("plan", file) == (["0 added, 0 changed, 0 removed, 3 unchanged."], 0)


def test_a_change_is_shown_by_names(file):
    file.write_text(entry("b") + entry("c"))
    schedules("apply", file)
    file.write_text(entry("a") + entry("b") + entry("c", after=["a", "b"]))
    assert schedules("plan", file)[0][1:3] == ["~ c", "    after: nothing -> a, b"]
    schedules("apply", file)
    assert order()["c"] == ("a", "b")
    file.write_text(entry("a") + entry("b") + entry("c", after=["b"], spread=60))
    assert "    after: a, b -> b" in schedules("plan", file)[0]
    schedules("apply", file)
    assert order()["c"] == ("b",)


def test_an_order_may_be_turned_round(file):
    file.write_text(entry("a") + entry("b", after=["a"]))
    schedules("apply", file)
    file.write_text(entry("a", after=["b"]) + entry("b"))
    schedules("apply", file)
    assert order() == {"a": ("b",), "b": ()}


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        (
            entry("a", after=["b"]) + entry("b", after=["a"]),
            "Schedule 1 'a', after: That is a circle: 'a' would come after 'b', which comes after it; leave one of them "
            "out.",
        ),
        (
            entry("a", after=["a"]),
            "Schedule 1 'a', after: A schedule cannot come after itself; leave it out.",
        ),
        (
            entry("a", "* * * * *") + entry("b", after=["a"]),
            "Schedule 2 'b', after: 'a' comes more than 300 times on a day, and nothing can come after that; leave it "
            "out, or let it come less often.",
        ),
        (
            entry("a", after=["kept", "old"]) + entry("kept"),
            "Schedule 1 'a', after: 'old' is declared no more, and removed by this; leave it out.",
        ),
        (
            entry("a", after=["nobody"]),
            "Schedule 1 'a', after: There is no schedule 'nobody'; write the names of schedules that there are.",
        ),
    ],
)
def test_what_is_wrong_is_told_and_nothing_written(file, declared, says):
    file.write_text(entry("old") + entry("kept"))
    schedules("apply", file)
    file.write_text(declared)
    assert says in refused("apply", file)
    assert set(order()) == {"kept", "old"}


def test_names_that_are_none_are_refused(file):
    file.write_text(entry("a", after="first"))
    assert refused("plan", file)[0].startswith("Schedule 1 'a', after: ")


def test_what_was_changed_meanwhile_is_told(file, monkeypatch):
    """Somebody else deletes one between the comparison and its consequences: without a lock that he waits for."""
    by_hand("theirs")
    file.write_text(entry("a", after=["theirs"]))
    monkeypatch.setattr("jobs.declarations.applying._ids", lambda names: [0])
    assert refused("apply", file)[0] == "after: One of these schedules was deleted in this moment; choose again."
