"""Audit in REST: who has changed what, and why."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.listing import PageQuery, WordField, checked
from jobs.api.paging import BIGGEST_ID, JobPagination
from jobs.api.serializers import AuditSerializer
from jobs.api.views import ApiView
from jobs.models import Audit, Subject
from jobs.permissions import VIEW_AUDIT

LOOKUPS = {"subject": "subject", "name": "name", "job": "job_id"}


class AuditQuery(PageQuery):
    """The query string of the audit. An empty value is no filter."""

    subject = serializers.ChoiceField(
        choices=Subject.choices,
        required=False,
        error_messages={"invalid_choice": f"Nothing of this kind is audited; known are: {', '.join(Subject.values)}."},
        help_text="Changes of these only.",
    )
    name = WordField(
        required=False, allow_blank=False, help_text="Of the queue, key, trigger, calendar or worker of this name."
    )
    job = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST_ID,
        error_messages={"invalid": "This is not a whole number; give the id of a job."},
        help_text="Of this job.",
    )


class ChangeSerializer(AuditSerializer):
    """A change of whatever is audited. `job` is the id of a job, all else has a `name`."""

    class Meta(AuditSerializer.Meta):
        fields: tuple[str, ...] = ("id", "subject", "job", "name", *AuditSerializer.Meta.fields)
        read_only_fields = fields


class AuditList(ApiView):
    needs = {"GET": VIEW_AUDIT}
    serializer_class = ChangeSerializer
    pagination_class = JobPagination
    queryset = Audit.objects.all()

    @extend_schema(operation_id="audit_list", parameters=[AuditQuery], responses=ChangeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List who has changed what, and why, newest first, a cursor page at a time: jobs, limits, triggers, calendars,
        workers. Only what took effect."""
        wanted = checked(request.query_params, AuditQuery)
        filters = {LOOKUPS[name]: value for name, value in wanted.items() if name in LOOKUPS}
        page = self.paginate_queryset(Audit.objects.select_related("by").filter(**filters))
        return self.get_paginated_response(ChangeSerializer(page, many=True).data)
