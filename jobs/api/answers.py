"""Answers that the documentation shows: those that were given when each operation was sent its example
(tests/api/test_examples.py, which also writes them down anew)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("answers.json")


@cache
def answers() -> dict[str, dict[str, Any]]:
    """Return status and body of what was answered, by the operation's id; of a refusal, by its kind."""
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
