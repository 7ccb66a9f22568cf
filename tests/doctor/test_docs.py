"""docs/doctor.md has the checks as jobs/doctor/table.py has them, and the exit codes."""

from __future__ import annotations

import re
from pathlib import Path

from jobs.doctor import CHECKS
from jobs.doctor.report import EXIT_CODES, LABEL, NAME

TEXT = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text()


def test_the_docs_table_is_the_list():
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", TEXT, re.MULTILINE)
    assert rows == [(one.name, one.about) for one in CHECKS]


def test_names_are_there_once_and_have_room():
    names = [one.name for one in CHECKS]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) < NAME
    assert max(map(len, EXIT_CODES)) < LABEL


def test_the_docs_have_the_exit_codes():
    rows = re.findall(r"^\| (\w+) \| (\d) \|", TEXT, re.MULTILINE)
    assert rows == [(verdict.value, str(code)) for verdict, code in EXIT_CODES.items()]
