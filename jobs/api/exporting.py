"""Lists that REST has taken out: which form is asked for and from where on; a workbook is one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from tempfile import TemporaryFile
from typing import IO, Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request

from jobs import workbooks
from jobs.api.paging import BIGGEST_ID
from jobs.web import exporting
from jobs.web.exporting import Table, Written
from jobs.workbooks import writing

PIECE = 64 * 1024  # bytes of a workbook


def as_workbook(table: Table) -> Iterator[bytes]:
    """Write a workbook, and return it piece by piece: it is done before an answer begins, so that it can be refused.
    Raises REST framework's ValidationError."""
    rows = ((None if row[name] in table.empty else row[name] for name in table.columns) for row in table.rows)
    file = TemporaryFile()  # noqa: SIM115 - whoever reads it closes it
    try:
        writing.write(file, table.name, table.columns, rows)
    except BaseException as error:
        file.close()
        if not isinstance(error, workbooks.NotInstalled | writing.TooLong):
            raise
        raise serializers.ValidationError({"format": [str(error)]}) from None
    file.seek(0)
    return _pieces(file)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


FORMATS: Mapping[str, tuple[str, Written]] = {**exporting.FORMATS, "xlsx": (workbooks.KIND, as_workbook)}
RESPONSES: Mapping[Any, Any] = {
    (200, kind.partition(";")[0]): OpenApiTypes.BINARY if kind == workbooks.KIND else OpenApiTypes.STR
    for kind, _ in FORMATS.values()
}


def format_field() -> serializers.ChoiceField:
    """Return the field of a query string that says in which form a list is taken out."""
    return serializers.ChoiceField(
        required=False,
        choices=list(FORMATS),
        error_messages={"invalid_choice": f"This is not known; give one of {', '.join(FORMATS)}."},
        help_text="A table, a JSON object a line, or a workbook.",
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
    return exporting.lead_on(request._request, exporting.answer(table, wanted.get("format", "csv"), FORMATS), further)
