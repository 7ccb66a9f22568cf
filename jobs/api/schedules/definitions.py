"""Creating, listing, reading, changing, pausing and deleting schedules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import rules
from jobs.api.headers import idempotency, rate_limits
from jobs.api.headers.etags import (
    ETAG_PARAMETER,
    IF_MATCH_PARAMETER,
    IF_NONE_MATCH_PARAMETER,
    NOT_MODIFIED,
    tag,
    tags_seen,
    versioned,
)
from jobs.api.listing import checked
from jobs.api.paging import JobPagination
from jobs.api.problems import CONTENT_TYPE
from jobs.api.refusals import Conflict
from jobs.api.schedules.listing import ScheduleQuery, matching
from jobs.api.schedules.serializers import (
    ChangedScheduleSerializer,
    NewScheduleSerializer,
    ScheduleDetailSerializer,
    ShownScheduleSerializer,
)
from jobs.api.schema import RETRY_AFTER
from jobs.api.stale import definition_changed
from jobs.api.views import TOO_FAST_ANSWER, ApiView, person
from jobs.clock import clock
from jobs.models import Job, Schedule
from jobs.models.described import definition_tag
from jobs.permissions import (
    ADD_SCHEDULE,
    CHANGE_SCHEDULE,
    DELETE_SCHEDULE,
    VIEW_SCHEDULE,
)
from jobs.rights import Reach
from jobs.rights.seeing import not_theirs
from jobs.rules.rights import schedule_problems
from jobs.rules.schedule_checking import NAME_TAKEN
from jobs.transitions.schedules import definitions
from jobs.transitions.schedules.repeats import Once
from jobs.transitions.stale import Stale

REASON = OpenApiParameter("reason", str, description="Why, for those who look at it later.")


class ScheduleView(ApiView):
    queryset: Any = Schedule.objects.all()

    def schedule(self, schedule_id: int) -> Schedule:
        """Return a schedule that the caller sees. Raises Http404."""
        seen = Schedule.objects.within(self.reach).for_people().select_related("calendar")
        found: Schedule | None = seen.filter(pk=schedule_id).first()
        if found is None:
            raise Http404(f"There is no schedule {schedule_id}; GET /api/v1/schedules/ lists those that there are.")
        return found

    def touched(self, schedule_id: int) -> Schedule:
        """Return a schedule that the caller may change. Raises Http404 or, where he only sees it, PermissionDenied."""
        found = self.schedule(schedule_id)
        if not self.reach.touches(found):
            raise PermissionDenied(not_theirs(f"The schedule '{found.name}'", found, self.reach))
        return found

    def shown(self, found: Schedule, *, shows_secrets: bool = False) -> dict[str, Any]:
        """Return a schedule as it is now."""
        context = {**next_jobs([found], self.reach), "shows_secrets": shows_secrets}
        return dict(ScheduleDetailSerializer(found, context=context).data)

    def done(self, schedule_id: int, changed: definitions.Changed) -> dict[str, Any]:
        """Return what was done, with the schedule; 404 where there is none, 409 with the reason when it was not."""
        if changed.schedule is None:
            raise Http404(changed.why)
        if not changed.done:
            raise Conflict(changed.why)
        found = self.schedule(schedule_id)
        shown = ShownScheduleSerializer(found, context=next_jobs([found], self.reach)).data
        return {"detail": changed.why, "schedule": shown}

    def may_make_jobs(self) -> None:
        """Refuse whoever may define schedules and make no jobs. Raises PermissionDenied."""
        for problem in schedule_problems(person(self.request)):
            raise PermissionDenied(problem)


def next_jobs(schedules: Sequence[Schedule], reach: Reach) -> dict[str, Any]:
    """Return what these are shown with: their next jobs and the names of those after which they come, as far as they
    are within reach, each in one statement."""
    ids = [schedule.next_job_id for schedule in schedules if schedule.next_job_id is not None]
    others = {pk for schedule in schedules for pk in schedule.after_ids}
    names = dict(Schedule.objects.within(reach).filter(pk__in=others).values_list("pk", "name")) if others else {}
    jobs = Job.objects.in_bulk(ids) if ids else {}
    return {"jobs": {pk: job for pk, job in jobs.items() if reach.sees(job)}, "names": names}


class ScheduleList(ScheduleView):
    needs = {"GET": VIEW_SCHEDULE, "POST": ADD_SCHEDULE}
    examples = {
        "POST": {
            "name": "nightly report",
            "target": "demo.sleep",
            "payload": {"seconds": 0.1},
            "dialect": "cron",
            "expression": "30 2 * * mon-fri",
            "time_zone": "Europe/Berlin",
        }
    }
    serializer_class = NewScheduleSerializer
    pagination_class = JobPagination

    @extend_schema(
        operation_id="schedules_list", parameters=[ScheduleQuery], responses=ShownScheduleSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """List schedules, newest first, a cursor page at a time."""
        wanted = checked(request.query_params, ScheduleQuery)
        seen = Schedule.objects.within(self.reach).for_people().select_related("calendar")
        found = matching(seen, wanted, clock.current())
        page = self.paginate_queryset(found) or []
        return self.get_paginated_response(
            ShownScheduleSerializer(page, many=True, context=next_jobs(page, self.reach)).data
        )

    @extend_schema(
        operation_id="schedules_create",
        parameters=[idempotency.PARAMETER, RETRY_AFTER, *rate_limits.PARAMETERS],
        responses={
            201: ScheduleDetailSerializer,
            200: ScheduleDetailSerializer,
            (429, CONTENT_TYPE): TOO_FAST_ANSWER,
        },
    )
    def post(self, request: Request) -> Response:
        """Create a schedule, and the job of its first run: 201, or 200 with the earlier one when its Idempotency-Key
        was used before. Needs the permission jobs.add_job, too."""
        self.may_make_jobs()
        asked = self.body(NewScheduleSerializer)
        mine = Schedule.objects.filter(idempotency_by_id=request.user.pk)
        once = Once.of(idempotency.idempotency_key(request, mine), asked, by=person(request))
        schedule, code = once.earlier(), int(status.HTTP_200_OK)
        if schedule is None:
            try:
                schedule, code = self._create(asked, once), status.HTTP_201_CREATED
            except (ValidationError, IntegrityError) as error:
                schedule = once.earlier()  # the same request may have been quicker in another process
                if schedule is None:
                    raise _taken(error) from None
        location = reverse("api-schedule", args=[schedule.pk])
        found = self.schedule(schedule.pk)
        made = Response(self.shown(found), status=code, headers={"Location": location})
        return versioned(made, definition_tag(found))

    def _create(self, asked: dict[str, Any], once: Once) -> Schedule:
        now, by = clock.current(), person(self.request)
        new = rules.check_new_schedule(now=now, by=by, **asked)
        self.admission().single()
        return definitions.create_schedule({**new.columns(), **once.columns()}, by=by, now=now)


class ScheduleDetail(ScheduleView):
    needs = {"GET": VIEW_SCHEDULE, "PUT": CHANGE_SCHEDULE, "PATCH": CHANGE_SCHEDULE, "DELETE": DELETE_SCHEDULE}
    examples = {
        "PUT": {
            "name": "nightly report",
            "target": "demo.sleep",
            "payload": {"seconds": 0.1},
            "dialect": "cron",
            "expression": "45 3 * * *",
            "time_zone": "Europe/Berlin",
            "reason": "The figures come later now.",
        },
        "PATCH": {"expression": "45 3 * * *", "reason": "The figures come later now."},
    }
    conflicts = ("PUT", "PATCH")
    serializer_class = ChangedScheduleSerializer

    @extend_schema(
        operation_id="schedules_read",
        parameters=[IF_NONE_MATCH_PARAMETER, ETAG_PARAMETER],
        responses={200: ScheduleDetailSerializer, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, schedule_id: int) -> Response:
        """Read a schedule: what it means, its next run, and what people want of later ones."""
        found = self.schedule(schedule_id)
        answer = Response(self.shown(found, shows_secrets=self.reach.sees_secrets))
        return tag(answer, definition_tag(found))

    @extend_schema(
        operation_id="schedules_put",
        parameters=[IF_MATCH_PARAMETER, ETAG_PARAMETER],
        request=ChangedScheduleSerializer,
        responses={200: ScheduleDetailSerializer},
    )
    def put(self, request: Request, schedule_id: int) -> Response:
        """Define the schedule anew: what is left out has its default. The run that comes next moves at once; runs whose
        time has come go on."""
        return self._change(schedule_id, self.body(ChangedScheduleSerializer))

    @extend_schema(
        operation_id="schedules_change",
        parameters=[IF_MATCH_PARAMETER, ETAG_PARAMETER],
        request=ChangedScheduleSerializer,
        responses={200: ScheduleDetailSerializer},
    )
    def patch(self, request: Request, schedule_id: int) -> Response:
        """Change what is given, and leave the rest."""
        serializer = ChangedScheduleSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = serializer.validated_data
        if "enabled" in changed:  # whoever switches it on or off takes it out of its shadow
            changed = {"shadow": False, **changed}
        return self._change(schedule_id, {**rules.as_asked(self.touched(schedule_id)), **changed})

    @extend_schema(operation_id="schedules_delete", parameters=[REASON, IF_MATCH_PARAMETER], responses={204: None})
    def delete(self, request: Request, schedule_id: int) -> Response:
        """Delete the schedule and its history. Its next run is cancelled; jobs whose time has come go on, and stay."""
        reason = request.query_params.get("reason", "")
        judge(reason)
        self.touched(schedule_id)
        now, seen = clock.current(), tags_seen(request)
        try:
            gone = definitions.delete_schedule(schedule_id, reason=reason, by=person(request), now=now, seen=seen)
        except Stale:
            raise self._stale(schedule_id, ()) from None
        if not gone.done:
            raise Http404(gone.why)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _change(self, schedule_id: int, given: dict[str, Any]) -> Response:
        self.may_make_jobs()
        now, by, reason = clock.current(), person(self.request), given.pop("reason", "")
        before = self.touched(schedule_id)
        judge(reason)
        new = rules.check_new_schedule(now=now, by=by, before=before, **given)
        try:
            seen = tags_seen(self.request)
            changed = definitions.change_schedule(schedule_id, new.columns(), by=by, now=now, reason=reason, seen=seen)
        except IntegrityError as error:
            raise _taken(error) from None
        except Stale:
            raise self._stale(schedule_id, self.request.data) from None
        self.done(schedule_id, changed)
        found = self.schedule(schedule_id)
        return versioned(Response(self.shown(found)), definition_tag(found))

    def _stale(self, schedule_id: int, given: Iterable[str]) -> Exception:
        found = self.schedule(schedule_id)
        return definition_changed(f"The schedule '{found.name}'", definition_tag(found), self.shown(found), given)


def judge(reason: str) -> None:
    """Refuse a reason that is too long. Raises ValidationError."""
    if problems := rules.reason_problems(reason, needed=False):
        raise ValidationError({"reason": problems})


def _taken(error: Exception) -> Exception:
    """Return the refusal of a name that somebody else has taken in this very moment; any other error as it is."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    return ValidationError({"name": [NAME_TAKEN]}) if "name" in name else error
