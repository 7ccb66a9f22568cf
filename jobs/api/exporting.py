"""Lists taken out: which form is asked for and from where on, and the answer, written as its rows are read."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request

from jobs import exactjson
from jobs.api.paging import BIGGEST_ID
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


FORMATS: Mapping[str, tuple[str, Callable[[Table], Iterator[str]]]] = {
    "csv": ("text/csv", as_csv),
    "ndjson": ("application/x-ndjson", as_lines),
}
RESPONSES: Mapping[Any, Any] = {(200, kind): OpenApiTypes.STR for kind, _ in FORMATS.values()}


def format_field() -> serializers.ChoiceField:
    """Return the field of a query string that says in which form a list is taken out."""
    return serializers.ChoiceField(
        required=False,
        choices=list(FORMATS),
        error_messages={"invalid_choice": f"This is not known; give one of {', '.join(FORMATS)}."},
        help_text="A table, or a JSON object a line.",
    )


def before_field(help_text: str) -> serializers.IntegerField:
    """Return the field of a query string that says before which id what is taken out begins."""
    return serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST_ID,
        error_messages={"invalid": "This is not a whole number; take it from the header Link."},
        help_text=help_text,
    )


def taken_out(
    request: Request, table: Table, wanted: Mapping[str, Any], further: Mapping[str, str]
) -> StreamingHttpResponse:
    """Return the table in the form that is asked for. `further`: what the address of the rest says beside; empty where
    this is all."""
    asked_for = wanted.get("format", "csv")
    kind, written = FORMATS[asked_for]
    answer = StreamingHttpResponse(written(table), content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{table.name}.{asked_for}"'
    if further:
        query = request.query_params.copy()
        for key, value in further.items():
            query[key] = value
        answer["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
    return answer
