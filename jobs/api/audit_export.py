"""The audit taken out, for those who keep it elsewhere: CSV, or a JSON object a line. Written as it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from jobs import exactjson
from jobs.api.audit import ChangeSerializer
from jobs.api.audit_listing import AuditQuery, matching, way
from jobs.api.listing import checked
from jobs.api.paging import BIGGEST_ID
from jobs.api.rendering import AsAsked
from jobs.api.views import ApiView
from jobs.models import Audit
from jobs.models.audit import AuditQuerySet
from jobs.models.audit_looks import part_of
from jobs.permissions import VIEW_AUDIT
from jobs.rights import Reach
from jobs.rights.telling import tell
from jobs.web import cells

AT_A_TIME = 1_000  # rows of a question: none of them takes long

Row = Mapping[str, Any]


def as_csv(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a table, with its head. No cell is a formula."""
    yield cells.line(ChangeSerializer.Meta.fields)
    for row in rows:
        yield cells.line(row[name] for name in ChangeSerializer.Meta.fields)


def as_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield a JSON object a line."""
    for row in rows:
        yield exactjson.dumps(row) + "\n"


FORMATS: Mapping[str, tuple[str, Callable[[Iterable[Row]], Iterator[str]]]] = {
    "csv": ("text/csv", as_csv),
    "ndjson": ("application/x-ndjson", as_lines),
}


class ExportQuery(AuditQuery):
    """The query string of what is taken out. `before`: of ids below this one."""

    page_size = None  # type: ignore[assignment]
    cursor = None  # type: ignore[assignment]
    format = serializers.ChoiceField(  # type: ignore[assignment]
        required=False,
        choices=list(FORMATS),
        error_messages={"invalid_choice": f"This is not known; give one of {', '.join(FORMATS)}."},
        help_text="A table, or a JSON object a line.",
    )
    before = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST_ID,
        error_messages={"invalid": "This is not a whole number; take it from the header Link."},
        help_text="Entries before the one of this id.",
    )


class AuditExport(ApiView):
    needs = {"GET": VIEW_AUDIT}
    queryset = Audit.objects.all()
    serializer_class = ChangeSerializer
    pagination_class = None
    content_negotiation_class = AsAsked

    @extend_schema(
        operation_id="audit_export",
        parameters=[ExportQuery],
        responses={(200, kind): OpenApiTypes.STR for kind, _ in FORMATS.values()},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Take the audit out, newest first, by the filters of its list: what is among the newest 100,000 entries. The
        header Link leads to those before, if there are any."""
        wanted = checked(request.query_params, ExportQuery)
        kind, written = FORMATS[wanted.get("format", "csv")]
        part = part_of(matching(wanted, self.reach), way(wanted), before=wanted.get("before"))
        name = f"audit.{wanted.get('format', 'csv')}"
        answer = StreamingHttpResponse(written(_rows(part.found, self.reach)), content_type=f"{kind}; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        if part.further:
            query = request.query_params.copy()
            for key, value in part.further.items():
                query[key] = value
            answer["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
        return answer


def _rows(found: AuditQuerySet, reach: Reach) -> Iterator[Row]:
    """Yield the rows, each question for the next ones: nothing is held meanwhile."""
    newest_first, last = found.select_related("by").order_by("-id"), BIGGEST_ID
    while rows := tell(newest_first.filter(id__lt=last)[:AT_A_TIME], reach):
        yield from ChangeSerializer(rows, many=True).data
        last = rows[-1].pk
