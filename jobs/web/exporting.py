"""Lists taken out: as a table or as lines of JSON, written as its rows are read. What a list is taken out of, a page or
REST, says its columns and its rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from django.http import HttpRequest, StreamingHttpResponse

from jobs import exactjson
from jobs.web import cells

Row = Mapping[str, Any]


class Table(NamedTuple):
    """Rows that are taken out. `name`: of the file; `empty`: values of which nothing is written into a cell."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Row]
    empty: Container[Any] = ()


def as_csv(table: Table) -> Iterator[str]:
    """Yield the lines of a table, with its head. No cell is a formula."""
    yield cells.line(table.columns)
    for row in table.rows:
        yield cells.line(None if row[name] in table.empty else row[name] for name in table.columns)


def as_lines(table: Table) -> Iterator[str]:
    """Yield a JSON object a line."""
    for row in table.rows:
        yield exactjson.dumps(row) + "\n"


Written = Callable[[Table], Iterator[str] | Iterator[bytes]]
FORMATS: Mapping[str, tuple[str, Written]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "ndjson": ("application/x-ndjson; charset=utf-8", as_lines),
}


def answer(table: Table, form: str, formats: Mapping[str, tuple[str, Written]] = FORMATS) -> StreamingHttpResponse:
    """Return the table in this form, to be saved under its name."""
    kind, written = formats[form]
    found = StreamingHttpResponse(written(table), content_type=kind)
    found["Content-Disposition"] = f'attachment; filename="{table.name}.{form}"'
    return found


def lead_on(request: HttpRequest, found: StreamingHttpResponse, further: Mapping[str, str]) -> StreamingHttpResponse:
    """Say in the header Link where the rest is: `further` is what its address says beside."""
    if further:
        query = request.GET.copy()
        for key, value in further.items():
            query[key] = value
        found["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
    return found


def plain(value: Any) -> Any:
    """Return a value as JSON has it: a moment in UTC, what is there not as null, and a thing by its name."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    is_json = value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))
    return value if is_json else str(value)
