"""What libraries weigh is measured in a process that has nothing else, one group after another."""

from __future__ import annotations

import sys

import pytest

from verification import weight


def test_each_group_is_weighed_in_its_turn() -> None:
    found = weight.weigh(["Python", "redis"])
    assert [one.group for one in found] == ["Python", "redis"]
    assert found[0].mb > found[1].mb > 1, "what redis shares with Python is Python's"


def test_all_that_a_worker_imports_of_others_can_be_imported() -> None:
    assert {one.group for one in weight.weigh()} == weight.GROUPS.keys()


def test_it_is_said_with_the_sum(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(weight, "weigh", lambda: [weight.Weight("Python", 20.04), weight.Weight("redis", 9.0)])
    weight.main()
    assert capsys.readouterr().out.splitlines() == [
        "  20.0 MB  Python",
        "   9.0 MB  redis",
        "  29.0 MB  before any line of ours",
    ]


def test_what_is_weighed_is_imported_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["-c", "redis"])
    weight._say()
    name, _, mb = capsys.readouterr().out.rstrip("\n").partition("\t")
    assert (name, float(mb) > 0) == ("redis", True)
