"""Tables of expressions and starts: `expression | start | ...`, in UTC, the first after 2026-01-01T00:00:00."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jobs.recurrence import BadExpression, after, parse

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def table(name: str) -> list[tuple[str, list[str]]]:
    """Expressions of a file beside this one, each with its starts."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line and not line.startswith("#")]
    return [(expression, starts.split()) for expression, starts in rows]


def starts(dialect: str, expression: str, count: int, *, name: str = "") -> list[str]:
    found = after(parse(dialect, expression, name=name), NEW_YEAR, zone=ZoneInfo("UTC"), anchor=NEW_YEAR)
    return [f"{start:%Y-%m-%dT%H:%M:%S}" for start in islice(found, count)]


def refusal(dialect: str, expression: str) -> tuple[str, str]:
    with pytest.raises(BadExpression) as refused:
        parse(dialect, expression)
    return refused.value.field, refused.value.why
