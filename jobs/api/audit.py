"""Audit in REST: who has changed what, and why."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.audit_listing import AuditQuery, matching, way
from jobs.api.listing import checked
from jobs.api.paging import JobPagination, LookingPagination
from jobs.api.serializers import AuditSerializer
from jobs.api.views import ApiView
from jobs.models import Audit
from jobs.permissions import VIEW_AUDIT
from jobs.rights.telling import tell


class ChangeSerializer(AuditSerializer):
    """A change of whatever is audited. `job` is the id of a job, all else has a `name`."""

    token = serializers.CharField(
        source="by_token", read_only=True, help_text="Which token it was asked with: its beginning and its name."
    )

    class Meta(AuditSerializer.Meta):
        fields: tuple[str, ...] = ("id", "subject", "job", "name", "token", *AuditSerializer.Meta.fields)
        read_only_fields = fields


class AuditList(ApiView):
    needs = {"GET": VIEW_AUDIT}
    serializer_class = ChangeSerializer
    pagination_class: type[JobPagination] = JobPagination
    queryset = Audit.objects.all()

    @extend_schema(operation_id="audit_list", parameters=[AuditQuery], responses=ChangeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List who has changed what, and why, newest first, a cursor page at a time: of the jobs, limits, triggers,
        calendars, schedules and workers that the caller sees; and who was refused. Without `job`, `who`, `token` or
        `subject` with `name` each page looks at the next 100,000 entries: one of what is rare may be short or empty and
        have a `next`. The page `/audit/` has the same filters."""
        wanted = checked(request.query_params, AuditQuery)
        led = way(wanted)
        if wanted.keys() - {"page_size", "cursor", "format"} and (led is None or led.column != "id"):
            self.pagination_class = LookingPagination
        page = tell(self.paginate_queryset(matching(wanted, self.reach).select_related("by")) or [], self.reach)
        return self.get_paginated_response(ChangeSerializer(page, many=True).data)
