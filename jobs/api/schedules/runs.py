"""Runs of schedules: what became of each nominal time, what was missed, and what a person wants of a single one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.listing import checked
from jobs.api.schedules.definitions import ScheduleView
from jobs.api.schedules.listing import (
    MissedPagination,
    MissedQuery,
    RunPagination,
    RunsQuery,
    by_cause,
    missed_of,
    runs_of,
)
from jobs.api.schedules.serializers import (
    ArgumentsSerializer,
    ChangedRunSerializer,
    ChangeOfRunSerializer,
    MissedSerializer,
    MoveRunSerializer,
    ReasonSerializer,
    RunOfScheduleSerializer,
)
from jobs.api.views import person
from jobs.clock import clock
from jobs.models import Job, Occurrence, OccurrenceChange
from jobs.models.history import in_bulk
from jobs.permissions import CONTROL_SCHEDULE, VIEW_SCHEDULE
from jobs.rights import Reach
from jobs.rights.telling import tell
from jobs.transitions.schedules import single
from jobs.transitions.schedules.definitions import Changed
from jobs.web import parsing


def jobs_of(runs: Sequence[Occurrence], reach: Reach) -> dict[str, Any]:
    """Return what these are shown with: their jobs, as far as they are within reach, in one statement, and in another
    those of the history."""
    ids = [run.job_id for run in runs if run.job_id is not None]
    found = in_bulk(ids, Job.objects.all())
    return {"jobs": {pk: job for pk, job in found.items() if reach.sees(job)}}


class RunList(ScheduleView):
    needs = {"GET": VIEW_SCHEDULE}
    serializer_class = RunOfScheduleSerializer
    pagination_class = RunPagination

    @extend_schema(operation_id="schedules_runs", parameters=[RunsQuery], responses=RunOfScheduleSerializer(many=True))
    def get(self, request: Request, schedule_id: int) -> Response:
        """List the nominal times of a schedule, the latest first, a cursor page at a time: the job of each, or why it
        has not started. The first is the run that comes next."""
        wanted = checked(request.query_params, RunsQuery)
        runs = Occurrence.objects.filter(schedule=self.schedule(schedule_id)).select_related("by")
        page = tell(self.paginate_queryset(runs_of(runs, wanted)) or [], self.reach)
        return self.get_paginated_response(
            RunOfScheduleSerializer(page, many=True, context=jobs_of(page, self.reach)).data
        )


class MissedRuns(ScheduleView):
    needs = {"GET": VIEW_SCHEDULE}
    serializer_class = MissedSerializer
    pagination_class = MissedPagination

    @extend_schema(operation_id="schedules_missed", parameters=[MissedQuery], responses=MissedSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List what should have run and has not, of all schedules: the latest first, counted by its cause. Several
        nominal times in a row that have one cause are one row."""
        missed = missed_of(checked(request.query_params, MissedQuery), clock.current()).within(self.reach)
        page = tell(self.paginate_queryset(missed.select_related("schedule", "by")) or [], self.reach)
        answer = self.get_paginated_response(MissedSerializer(page, many=True, context=jobs_of(page, self.reach)).data)
        answer.data["by_cause"] = by_cause(missed)
        return answer


class RunView(ScheduleView):
    needs = {"POST": CONTROL_SCHEDULE}
    examples: ClassVar[dict[str, Any]] = {"POST": {"reason": "The supplier is closed that day."}}
    conflicts = ("POST",)
    serializer_class: type[Any] = ReasonSerializer

    def change(self, request: Request, verb: Callable[..., Changed], schedule_id: int, nominal: str) -> Response:
        """Do this to the run of that nominal time."""
        moment, given = _moment(nominal), self.body(self.serializer_class)
        self.touched(schedule_id)
        changed = verb(schedule_id, moment, **given, by=person(request), now=clock.current())
        answer = self.done(schedule_id, changed)
        run = Occurrence.objects.select_related("by").filter(schedule=schedule_id, nominal_at=moment, number=1).first()
        wish = OccurrenceChange.objects.select_related("by").filter(schedule=schedule_id, nominal_at=moment).first()
        seen = tell([] if run is None else [run], self.reach)
        shown = RunOfScheduleSerializer(seen[0], context=jobs_of(seen, self.reach)).data if seen else None
        return Response({**answer, "run": shown, "change": None if wish is None else ChangeOfRunSerializer(wish).data})


class SkipRun(RunView):
    @extend_schema(operation_id="schedules_run_skip", responses=ChangedRunSerializer)
    def post(self, request: Request, schedule_id: int, nominal: str) -> Response:
        """Have the run of this nominal time not start: the next one, or any later."""
        return self.change(request, single.skip_run, schedule_id, nominal)


class MoveRun(RunView):
    examples = {"POST": {"run_at": "2099-01-01T09:00:00Z", "reason": "The supplier delivers later."}}
    serializer_class = MoveRunSerializer

    @extend_schema(operation_id="schedules_run_move", responses=ChangedRunSerializer)
    def post(self, request: Request, schedule_id: int, nominal: str) -> Response:
        """Have it start at another moment. The run after it comes at its own time."""
        return self.change(request, single.move_run, schedule_id, nominal)


class GiveArguments(RunView):
    examples = {"POST": {"payload": {"seconds": 0.5}, "reason": "There is more to do that day."}}
    serializer_class = ArgumentsSerializer

    @extend_schema(operation_id="schedules_run_arguments", responses=ChangedRunSerializer)
    def post(self, request: Request, schedule_id: int, nominal: str) -> Response:
        """Have it start with other arguments than the schedule's."""
        return self.change(request, single.give_arguments, schedule_id, nominal)


class StartRunNow(RunView):
    @extend_schema(operation_id="schedules_run_now", responses=ChangedRunSerializer)
    def post(self, request: Request, schedule_id: int, nominal: str) -> Response:
        """Start the run that comes next at once, for its nominal time."""
        return self.change(request, single.run_now, schedule_id, nominal)


class UndoRun(RunView):
    @extend_schema(operation_id="schedules_run_undo", responses=ChangedRunSerializer)
    def post(self, request: Request, schedule_id: int, nominal: str) -> Response:
        """Take back what was asked of this run."""
        return self.change(request, single.undo, schedule_id, nominal)


def _moment(text: str) -> datetime:
    try:
        moment = parsing.moment(text)
    except parsing.Unreadable as error:
        raise ValidationError({"nominal_at": [str(error)]}) from None
    if moment.tzinfo is None:
        raise ValidationError({"nominal_at": ["This time has no zone; write it like 2026-12-31T23:59:00Z."]})
    return moment
