"""CHANGELOG.md is kept as Keep a Changelog says: its headings in their order, each entry once, no gap in a list."""

import re
from pathlib import Path

TEXT = (Path(__file__).parent.parent / "CHANGELOG.md").read_text()
UNRELEASED = TEXT.split("\n## ")[1]
HEADINGS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
LONGEST = 120  # characters of a line


def test_it_begins_with_what_is_unreleased():
    assert UNRELEASED.startswith("[Unreleased]\n")


def test_its_headings_are_the_usual_ones_in_their_order():
    found = re.findall(r"^### (.*)$", UNRELEASED, re.MULTILINE)
    assert found == [heading for heading in HEADINGS if heading in found]
    assert len(found) > 1


def test_each_entry_is_there_once():
    entries = re.findall(r"^- (.*(?:\n  .*)*)", UNRELEASED, re.MULTILINE)
    assert len(entries) > 100
    assert sorted({entry for entry in entries if entries.count(entry) > 1}) == []


def test_no_list_has_a_gap_and_nothing_stands_beside_the_lists():
    for part in UNRELEASED.split("\n### ")[1:]:
        heading, _, of_it = part.partition("\n\n")
        assert [line for line in of_it.rstrip("\n").split("\n") if not line.startswith(("- ", "  "))] == [], heading


def test_its_lines_are_short():
    assert [line for line in TEXT.splitlines() if len(line) > LONGEST] == []
