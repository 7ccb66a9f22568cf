"""Jobs taken out by the filters of their list: CSV, which can be brought again, or a JSON object a line. Written as it
is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from jobs import exactjson
from jobs.api.listing import ListQuery, checked
from jobs.api.paging import BIGGEST_ID
from jobs.api.rendering import AsAsked
from jobs.api.serializers.responses import ExportedJobSerializer
from jobs.api.views import ApiView
from jobs.clock import clock
from jobs.models import Job
from jobs.models.dependency import waited_for_by
from jobs.models.querysets.ids import is_one_of
from jobs.models.querysets.taking import newest_ids
from jobs.permissions import ADD_JOB, VIEW_JOB
from jobs.rights import Reach
from jobs.rights.seeing import seen_ids
from jobs.rights.telling import tell
from jobs.rules import ASKED
from jobs.rules.finding import is_indexed, matching
from jobs.web import cells

MOST = 100_000  # jobs of one request
AT_A_TIME = 1_000  # of a question: none of them takes long
# What a job can be asked for comes first: such a table can be brought.
COLUMNS = (*ASKED, *(name for name in ExportedJobSerializer.Meta.fields if name not in ASKED))
EMPTY: tuple[Any, ...] = ([], {})

Row = Mapping[str, Any]


def as_csv(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a table, with its head. No cell is a formula; what is empty is its default."""
    yield cells.line(COLUMNS)
    for row in rows:
        yield cells.line(None if row[name] in EMPTY else row[name] for name in COLUMNS)


def as_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield a JSON object a line."""
    for row in rows:
        yield exactjson.dumps(row) + "\n"


FORMATS: Mapping[str, tuple[str, Callable[[Iterable[Row]], Iterator[str]]]] = {
    "csv": ("text/csv", as_csv),
    "ndjson": ("application/x-ndjson", as_lines),
}


class ExportQuery(ListQuery):
    """The query string of what is taken out. `before`: of ids below this one."""

    page_size = None  # type: ignore[assignment]
    cursor = None  # type: ignore[assignment]
    history = None  # type: ignore[assignment]
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
        help_text="Jobs before the one of this id.",
    )


class JobsExport(ApiView):
    """The list of jobs, taken out."""

    needs = {"GET": (VIEW_JOB, ADD_JOB)}
    queryset = Job.objects.all()
    serializer_class = ExportedJobSerializer
    pagination_class = None
    content_negotiation_class = AsAsked

    @extend_schema(
        operation_id="jobs_export",
        parameters=[ExportQuery],
        responses={(200, kind): OpenApiTypes.STR for kind, _ in FORMATS.values()},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Take jobs out, newest first, by the filters of their list: the newest 100,000 that fit. The header Link leads
        to those before, if there are any. Which ones is found out first; each is as it is when it is written."""
        wanted = checked(request.query_params, ExportQuery)
        asked_for = wanted.get("format", "csv")
        kind, written = FORMATS[asked_for]
        has_index = is_indexed(wanted, self.reach)
        found = matching(Job.objects.all(), wanted, clock.current(), by_index=has_index).within(self.reach)
        ids = newest_ids(found, before=wanted.get("before"), most=MOST + 1, has_index=has_index)
        answer = StreamingHttpResponse(written(_rows(ids[:MOST], self.reach)), content_type=f"{kind}; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="jobs.{asked_for}"'
        if len(ids) > MOST:
            query = request.query_params.copy()
            query["before"] = str(ids[MOST - 1])
            answer["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
        return answer


def _rows(ids: list[int], reach: Reach) -> Iterator[Row]:
    """Yield the jobs, each question for the next ones: nothing is held meanwhile."""
    for part in (ids[at : at + AT_A_TIME] for at in range(0, len(ids), AT_A_TIME)):
        jobs = tell(Job.objects.for_people().filter(is_one_of(part)).within(reach).order_by("-id"), reach)
        waits = waited_for_by([job.pk for job in jobs if job.waits_for_end is not None])
        seen = seen_ids({other for others in waits.values() for other in others}, reach) if waits else set()
        shown = {pk: [other for other in others if other in seen] for pk, others in waits.items()}
        yield from ExportedJobSerializer(jobs, many=True, context={"waits_for": shown}).data
