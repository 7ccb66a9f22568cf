"""Each decision in docs/adr says its number, as its file does, and the day of it."""

import re
from pathlib import Path

import pytest

ADRS = sorted((Path(__file__).parent.parent / "docs" / "adr").glob("*.md"))


def test_there_are_decisions():
    assert len(ADRS) > 50


def test_no_number_is_given_twice():
    numbers = [adr.name[:4] for adr in ADRS]
    assert sorted({number for number in numbers if numbers.count(number) > 1}) == []


@pytest.mark.parametrize("adr", ADRS, ids=lambda adr: adr.stem)
def test_it_begins_with_its_number_and_its_day(adr):
    title, gap, day, *_ = adr.read_text().splitlines()
    assert re.match(rf"# {int(adr.name[:4])}\. \S", title)
    assert gap == ""
    assert re.match(r"20\d\d-[01]\d-[0-3]\d\.( |$)", day)
