"""docs/glossary.md has words that the code uses, and the words that it replaced name nothing any more."""

import re
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


def test_there_are_words():
    assert len(WORDS) > 20


@pytest.mark.parametrize("word", WORDS)
def test_each_word_is_used(word):
    assert re.search(rf"\b{word}s?\b", CODE, re.IGNORECASE)


@pytest.mark.parametrize("word", RETIRED)
def test_a_retired_word_names_nothing(word):
    assert not re.search(rf"\b{word}\b(?=[(.:,\])=])", CODE)
