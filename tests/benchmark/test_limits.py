"""What the benchmark of limits says of made-up figures."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from verification.benchmark.limits import card
from verification.benchmark.limits.disturbed import PARTS, Outcome, Part
from verification.benchmark.limits.lines import Cost
from verification.benchmark.limits.options import checked
from verification.benchmark.limits.result import Result
from verification.benchmark.limits.signs import Signs
from verification.benchmark.machine import Machine
from verification.benchmark.score import summary

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def result(**more) -> Result:
    delays = {"plain": summary([1.0, 2.0, 30.0]), "limited": None}
    parts = [Part(name, delays, delays, summary([2.5]), None) for name in PARTS]
    outcome = Outcome(parts, 0.25, 117, leaders=1, deadlocks=0, flaws=[], problems=[], last_words="")
    costs = [
        Cost("none", 0, 10, 4, 0),
        Cost("queue", 1, 15, 5, 20),
        Cost("queue", 100_000, 18, 4, 22),
        Cost("key, due tomorrow", 1, 15, 5, 0),
        Cost("key, due tomorrow", 100_000, 15, 10, 0),
    ]
    where = Machine(2, 0.5, "3.11", "5.7", "18.6", "Valkey 9.1")
    return Result("abc", checked({}), where, Path("logs"), costs, replace(outcome, **more))


def test_the_dearest_line_is_compared_to_the_cheapest():
    assert result().ratios == {
        "queue": {"start": 1.2, "end": 1.25, "turn": 1.1},
        "key, due tomorrow": {"start": 1.0, "end": 2.0},
    }


def test_what_is_slow_fails_nothing_and_another_leader_or_a_deadlock_does():
    assert result().passed
    assert result(leaders=2).flaws == ["2 sessions have had the leader's lock."]
    assert result(deadlocks=1).flaws == ["1 deadlocks."]
    assert not result(flaws=["One job was lost."]).passed


def test_the_card_and_the_file_tell_every_figure():
    console = Console(width=120, file=io.StringIO())
    card.show(result(leaders=2), console)
    text = " ".join(console.file.getvalue().split())
    for figure in (
        "on one worker of 20 slots: NOT AS PROMISED.",
        "queue 100,000 18.00 4.00 22.00",
        "queue, the dearest line to the cheapest: start 1.20, end 1.25, turn 1.10",
        "plain 2.00, 29.44, 30.00",
        "signs of life 2.50, 2.50, 2.50",
        "was answered after 0.25 s; 117 of them had their turn in 20 s.",
    ):
        assert figure in text, text
    assert json.loads(json.dumps(result().as_json()))["outcome"]["moved"] == 117


def test_the_lines_grow_by_a_hundred():
    assert checked({}).lines == [1, 1000, 100_000]
    assert checked({"waiting": 1}).lines == [1]


def test_gaps_are_of_the_signs_that_ended_in_the_time():
    signs = Signs()
    signs.at = [NOON + timedelta(seconds=n) for n in (0, 2, 5, 9)]
    assert signs.gaps(NOON + timedelta(seconds=1), NOON + timedelta(seconds=6)) == [2.0, 3.0]
