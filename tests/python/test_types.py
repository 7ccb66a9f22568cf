"""Types of calls: mypy lets right ones pass and refuses wrong ones, as typed.py says behind each."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CALLS = Path(__file__).with_name("typed.py")


def test_calls_of_targets_are_checked_against_their_signature() -> None:
    asked = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", CALLS.relative_to(ROOT)]
    ran = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    found = dict(re.findall(r"typed\.py:(\d+): error: (.*)", ran.stdout))
    lines = CALLS.read_text().splitlines()
    wanted = {str(number): line.partition("  # ")[2] for number, line in enumerate(lines, 1) if "  # " in line}
    assert found.keys() == wanted.keys(), ran.stdout + ran.stderr
    for number, says in wanted.items():
        assert says in found[number]
