"""Lines of the tables that people take out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from jobs import exactjson
from jobs.cells import defused


def line(cells: Iterable[Any]) -> str:
    """Write a line of CSV, of which no cell is a formula."""
    text = io.StringIO()
    csv.writer(text).writerow([cell(value) for value in cells])
    return text.getvalue()


def cell(value: Any) -> str:
    """Write a value into a table: text as it is, the rest as JSON, and none of it as a formula."""
    return defused("" if value is None else value if isinstance(value, str) else exactjson.dumps(value))
