"""docs/deployment.md has the table of settings as jobs/settings_table.py has it."""

from __future__ import annotations

import re

from jobs.settings_table import TABLE
from tests.docker.conftest import TOP


def test_the_docs_table_is_the_list():
    text = (TOP / "docs" / "deployment.md").read_text()
    rows = re.findall(r"^\| `[A-Z_]+` \| .+ \|$", text, re.MULTILINE)
    assert rows == [f"| `{one.name}` | {one.shown} | {one.allowed} | {one.help} |" for one in TABLE]
