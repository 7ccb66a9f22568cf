"""Each task of docs/clicks.md is walked, and each that is walked stands there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.walks.person import documented


def test_the_table_has_the_tasks_that_are_walked() -> None:
    walks = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert set(re.findall(r"\.task\(\s*\"([^\"]+)\"", walks)) == set(documented())
    assert len(documented()) > 20


def test_the_two_that_took_longest_take_two() -> None:
    assert {task: documented()[task] for task in ("Pause a queue", "Drain a worker")} == {
        "Pause a queue": (2, 2),
        "Drain a worker": (2, 2),
    }
