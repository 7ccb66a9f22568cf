"""What a body says, where a value stands in it in another way than as a text of its own."""

from __future__ import annotations

import json

import pytest

from jobs.secrets import MASK
from jobs.targets.command.output import Output
from jobs.targets.execution import Execution
from jobs.targets.http.answer import SHOWN, _shown
from jobs.worker.run import results
from tests.secrets.steps import CANARY, has_canary


@pytest.fixture
def execution() -> Execution:
    found = Execution()
    found.hide([CANARY, "4242424242424242"])
    return found


def test_a_number_is_taken_out_of_a_result(execution):
    said = json.loads(results.as_json({"card": 4242424242424242, "paid": 12, "share": 0.5}, execution.clean))
    assert said == {"card": MASK, "paid": 12, "share": 0.5}
    assert json.loads(results.as_json([10**400, float("inf")], execution.clean)) == [10**400, "inf"]


def test_a_line_that_is_written_piece_by_piece(execution):
    for piece in (
        "begun ",
        CANARY[:9],
        CANARY[9:],
        "\n",
        "x" * 1_995,
        CANARY[:7],
        CANARY[7:],
        " and no end",
        CANARY[:9],
    ):
        execution.write(piece, 0.0, "stdout")
    execution.write(CANARY[9:], 0.0, "stdout")
    first, second = (line["text"] for line in execution.log["lines"])
    assert first == f"begun {MASK}"
    assert second == "x" * 1_995 + MASK[:5]


def test_the_cuts_of_an_output(execution):
    output = Output(1_000, execution)
    output.add(b"a" * 490 + CANARY.encode() + b"b" * 900 + CANARY.encode() + b"c" * 490)
    begun, _, ended = output.text.split("\n")
    assert begun.startswith("a" * 400)
    assert ended.endswith("c" * 400)
    assert begun.strip("a") == ended.strip("c") == MASK
    assert not has_canary(output.text)


def test_a_sentence_about_an_answer_is_cut_behind_it(execution):
    said = _shown("x" * (SHOWN - 9) + CANARY, execution.clean)
    assert not set(said) & set("canry7"), said
