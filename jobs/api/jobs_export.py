"""Jobs taken out by the filters of their list; as a table they can be brought again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from jobs.api.exporting import RESPONSES, before_field, format_field, taken_out
from jobs.api.listing import ListQuery, checked
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
from jobs.web.exporting import Row, Table

MOST = 100_000  # jobs of one request
MOST_IN_WORKBOOK = 20_000  # of which it can be brought again: its cells are bounded
AT_A_TIME = 1_000  # of a question: none of them takes long
# What a job can be asked for comes first: such a table can be brought.
COLUMNS = (*ASKED, *(name for name in ExportedJobSerializer.Meta.fields if name not in ASKED))
EMPTY: tuple[Any, ...] = ([], {})  # which are the defaults


class ExportQuery(ListQuery):
    """The query string of what is taken out. `before`: of ids below this one."""

    page_size = None  # type: ignore[assignment]
    cursor = None  # type: ignore[assignment]
    history = None  # type: ignore[assignment]
    format = format_field()  # type: ignore[assignment]
    before = before_field("Jobs before the one of this id.")


class JobsExport(ApiView):
    """The list of jobs, taken out."""

    needs = {"GET": (VIEW_JOB, ADD_JOB)}
    queryset = Job.objects.all()
    serializer_class = ExportedJobSerializer
    pagination_class = None
    content_negotiation_class = AsAsked

    @extend_schema(operation_id="jobs_export", parameters=[ExportQuery], responses=RESPONSES)
    def get(self, request: Request) -> StreamingHttpResponse:
        """Take jobs out, newest first, by the filters of their list: the newest 100,000 that fit; as a workbook
        20,000. The header Link leads to those before, if there are any. Which ones is found out first; each is as it is
        when it is written."""
        wanted = checked(request.query_params, ExportQuery)
        most = MOST_IN_WORKBOOK if wanted.get("format") == "xlsx" else MOST
        has_index = is_indexed(wanted, self.reach)
        found = matching(Job.objects.all(), wanted, clock.current(), by_index=has_index).within(self.reach)
        ids = newest_ids(found, before=wanted.get("before"), most=most + 1, has_index=has_index)
        table = Table("jobs", COLUMNS, _rows(ids[:most], self.reach), EMPTY)
        return taken_out(request, table, wanted, {"before": str(ids[most - 1])} if len(ids) > most else {})


def _rows(ids: list[int], reach: Reach) -> Iterator[Row]:
    """Yield the jobs, each question for the next ones: nothing is held meanwhile."""
    for part in (ids[at : at + AT_A_TIME] for at in range(0, len(ids), AT_A_TIME)):
        jobs = tell(Job.objects.for_people().filter(is_one_of(part)).within(reach).order_by("-id"), reach)
        waits = waited_for_by([job.pk for job in jobs if job.waits_for_end is not None])
        seen = seen_ids({other for others in waits.values() for other in others}, reach) if waits else set()
        shown = {pk: [other for other in others if other in seen] for pk, others in waits.items()}
        yield from ExportedJobSerializer(jobs, many=True, context={"waits_for": shown}).data
