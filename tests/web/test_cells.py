"""Cells of tables: none that is taken out is a formula, and each is read as it was meant."""

from __future__ import annotations

import csv
import io
import re

import pytest

from jobs.cells import FORMULA, meant
from jobs.web import cells

TEXTS = [
    "",
    "a",
    "=1+1",
    "+49",
    "-1",
    "@x",
    "\tx",
    "\rx",
    "'",
    "'a",
    "'=1",
    "''=1",
    "'''",
    " =1",
    "a=1",
    "\n",
    "'\t",
    "x;=1",
    "x;'=1",
    "a\n-b;;+c",
    "\t;\n=",
    "a;b",
    "';=1",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_cell_is_no_formula_and_is_read_as_it_was(text: str) -> None:
    written = cells.cell(text)
    assert not written.startswith(FORMULA)
    assert not re.search(r"[;\t\r\n][=+@-]", written)
    assert meant(written) == text


def test_numbers_and_objects_are_json_and_nothing_is_empty() -> None:
    assert [cells.cell(value) for value in (None, True, -5, {"a": [1]})] == ["", "true", "'-5", '{"a":[1]}']
    assert next(csv.reader(io.StringIO(cells.line(["a,b", -5])))) == ["a,b", "'-5"]
