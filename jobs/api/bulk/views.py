"""POST /api/v1/jobs/bulk/: all of them or none, or with `?partial=true` those that are good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.bulk.bringing import bring
from jobs.api.bulk.judging import MOST_WRONG, Judge, key_of
from jobs.api.bulk.lines import Line, NdjsonParser
from jobs.api.bulk.tables import CsvParser, WorkbookParser
from jobs.api.headers import idempotency, rate_limits
from jobs.api.parsers import JsonParser
from jobs.api.pointers import pointed
from jobs.api.problems import CONTENT_TYPE
from jobs.api.schema import RETRY_AFTER
from jobs.api.serializers import CreatedJobsSerializer, NewJobSerializer, NewJobsSerializer, UnreadJobsSerializer
from jobs.api.views import (
    TOO_FAST_ANSWER,
    TRACEPARENT,
    ApiView,
    person,
    traceparent_of,
)
from jobs.clock import clock
from jobs.models import Job
from jobs.permissions import ADD_JOB
from jobs.web import parsing

WORDS = {"true": True, "false": False}
PARTIAL = OpenApiParameter(
    "partial",
    OpenApiTypes.BOOL,
    description="Create those that are good, and tell what is wrong with the others, instead of none.",
)
PREVIEW = OpenApiParameter(
    "preview",
    OpenApiTypes.BOOL,
    description="Create none: 200 with what is wrong, and null for each job that is good.",
)
TIME_ZONE = OpenApiParameter(
    "time_zone", OpenApiTypes.STR, description="Of times that name none, which are refused otherwise: Europe/Berlin."
)
OWN_PARAMETERS = (PARTIAL, PREVIEW, TIME_ZONE)


class BulkJobs(ApiView):
    """Many jobs in one request."""

    needs = {"POST": ADD_JOB}
    examples = {
        "POST": {
            "jobs": [
                {"target": "demo.noop", "run_at": "2099-01-01T09:00:00Z"},
                {"target": "demo.sleep", "payload": {"seconds": 0.5}, "run_at": "2099-01-01T09:00:05Z"},
            ]
        }
    }
    other_examples = {
        NdjsonParser.media_type: {"target": "demo.noop", "run_at": "2099-01-01T09:00:00Z"},
        CsvParser.media_type: "target,payload,run_at\ndemo.noop,{},2099-01-01T09:00:00Z\n",
    }
    conflicts = ("POST",)  # the first request with its key
    serializer_class = NewJobsSerializer
    parser_classes = [JsonParser, NdjsonParser, CsvParser, WorkbookParser]
    queryset = Job.objects.all()

    @extend_schema(
        operation_id="jobs_bulk",
        parameters=[
            idempotency.PARAMETER,
            TRACEPARENT,
            RETRY_AFTER,
            *rate_limits.PARAMETERS,
            PARTIAL,
            PREVIEW,
            TIME_ZONE,
        ],
        request={
            JsonParser.media_type: NewJobsSerializer,
            NdjsonParser.media_type: NewJobSerializer,
            CsvParser.media_type: OpenApiTypes.STR,
            WorkbookParser.media_type: OpenApiTypes.BINARY,
        },
        responses={201: CreatedJobsSerializer, 200: CreatedJobsSerializer, (429, CONTENT_TYPE): TOO_FAST_ANSWER},
    )
    def post(self, request: Request) -> Response:
        """Create all of these jobs, or none: 201, or 200 with the earlier ones when its Idempotency-Key was used
        before. Each counts in the budget for bulk requests. As a JSON object with a list, as a JSON object a line, or
        as CSV or a workbook (XLSX) whose first line names the fields."""
        now, mine = clock.current(), Job.objects.filter(created_by_id=request.user.pk)
        partial, preview = _truth(request, "partial"), _truth(request, "preview")
        # With more wrong ones none is created: of those that were, one is among these.
        numbers = range(MOST_WRONG + 1 if partial else 1)
        key = idempotency.idempotency_key(request, mine, behind=(key_of("", number) for number in numbers))
        zone = zone_of(request.query_params.get("time_zone"))
        judge = Judge(by=person(request), key=key, now=now, traceparent=traceparent_of(request), zone=zone)
        brought = bring(
            judge,
            self._jobs(),
            partial=partial,
            preview=preview,
            admit=lambda number: self.admission().bulk(number),
            by=person(request),
            now=now,
        )
        said = brought.answer(whole=partial or preview)
        if "errors" in said:
            said["errors"] = pointed(said["errors"], request)
        return Response(said, status=status.HTTP_201_CREATED if brought.is_new else status.HTTP_200_OK)

    def _jobs(self) -> Iterable[Line]:
        data: Any = self.request.data
        if isinstance(data, Iterator):
            return data
        return (Line(0, job) for job in self.body(UnreadJobsSerializer)["jobs"])


def _truth(request: Request, name: str) -> bool:
    word = request.query_params.get(name, "false")
    if word not in WORDS:
        raise ValidationError({name: ["Give true or false."]})
    return WORDS[word]


def zone_of(name: str | None) -> ZoneInfo | None:
    """Return the zone of times that name none; None: they are refused. Raises ValidationError."""
    try:
        return None if name is None else parsing.zone(name)
    except parsing.Unreadable as error:
        raise ValidationError({"time_zone": [str(error)]}) from None
