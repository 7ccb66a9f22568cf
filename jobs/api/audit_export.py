"""The audit taken out, for those who keep it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from jobs.api.audit import ChangeSerializer
from jobs.api.audit_listing import AuditQuery, matching, way
from jobs.api.exporting import RESPONSES, before_field, format_field, taken_out
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
from jobs.web.exporting import Row, Table

AT_A_TIME = 1_000  # rows of a question: none of them takes long


class ExportQuery(AuditQuery):
    """The query string of what is taken out. `before`: of ids below this one."""

    page_size = None  # type: ignore[assignment]
    cursor = None  # type: ignore[assignment]
    format = format_field()  # type: ignore[assignment]
    before = before_field("Entries before the one of this id.")


class AuditExport(ApiView):
    needs = {"GET": VIEW_AUDIT}
    queryset = Audit.objects.all()
    serializer_class = ChangeSerializer
    pagination_class = None
    content_negotiation_class = AsAsked

    @extend_schema(operation_id="audit_export", parameters=[ExportQuery], responses=RESPONSES)
    def get(self, request: Request) -> StreamingHttpResponse:
        """Take the audit out, newest first, by the filters of its list: what is among the newest 100,000 entries. The
        header Link leads to those before, if there are any."""
        wanted = checked(request.query_params, ExportQuery)
        part = part_of(matching(wanted, self.reach), way(wanted), before=wanted.get("before"))
        table = Table("audit", ChangeSerializer.Meta.fields, _rows(part.found, self.reach))
        return taken_out(request, table, wanted, part.further)


def _rows(found: AuditQuerySet, reach: Reach) -> Iterator[Row]:
    """Yield the rows, each question for the next ones: nothing is held meanwhile."""
    newest_first, last = found.select_related("by").order_by("-id"), BIGGEST_ID
    while rows := tell(newest_first.filter(id__lt=last)[:AT_A_TIME], reach):
        yield from ChangeSerializer(rows, many=True).data
        last = rows[-1].pk
