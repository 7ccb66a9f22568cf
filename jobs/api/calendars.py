"""Calendars: when jobs may start. Read, defined, and looked at ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import calendars
from jobs.api.headers.etags import (
    ETAG_PARAMETER,
    IF_MATCH_PARAMETER,
    IF_NONE_MATCH_PARAMETER,
    NOT_MODIFIED,
    tag,
    tags_seen,
    versioned,
)
from jobs.api.serializers.calendars import (
    WORDS,
    CalendarSerializer,
    OpeningsSerializer,
    ShownCalendarSerializer,
)
from jobs.api.stale import definition_changed
from jobs.api.views import ApiView, person
from jobs.calendars.opening_hours import EARLIEST, LATEST
from jobs.clock import clock
from jobs.models import Calendar, CalendarRange
from jobs.models.calendar import mask
from jobs.models.described import definition_tag
from jobs.permissions import CHANGE_CALENDAR, VIEW_CALENDAR
from jobs.rights import Reach
from jobs.rights.seeing import not_of_theirs
from jobs.transitions import definitions
from jobs.transitions.stale import Stale
from jobs.web import parsing

DAYS_AHEAD, MOST_DAYS = 14, 366


class CalendarList(ApiView):
    needs = {"GET": VIEW_CALENDAR}
    serializer_class = ShownCalendarSerializer
    queryset = Calendar.objects.all()

    @extend_schema(operation_id="calendars_list", responses=ShownCalendarSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List all calendars, by name."""
        return Response(ShownCalendarSerializer(Calendar.objects.within(self.reach).whole(), many=True).data)


class CalendarDetail(ApiView):
    needs = {"GET": VIEW_CALENDAR, "PUT": CHANGE_CALENDAR}
    examples = {
        "PUT": {
            "time_zone": "Europe/Berlin",
            "open_from": "08:00",
            "open_until": "18:00",
            "holidays_of": "DE",
            "ranges": [{"starts": "2026-12-24", "ends": "2026-12-31", "label": "Closed at the end of the year"}],
        }
    }
    serializer_class = CalendarSerializer
    queryset = Calendar.objects.all()

    @extend_schema(
        operation_id="calendars_get",
        parameters=[IF_NONE_MATCH_PARAMETER, ETAG_PARAMETER],
        responses={200: ShownCalendarSerializer, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, name: str) -> Response:
        """Read a calendar: its days, hours, holidays and ranges."""
        found = _calendar(name, self.reach)
        return tag(Response(ShownCalendarSerializer(found).data), definition_tag(found))

    @extend_schema(
        operation_id="calendars_put",
        parameters=[IF_MATCH_PARAMETER, ETAG_PARAMETER],
        request=CalendarSerializer,
        responses={200: ShownCalendarSerializer, 201: ShownCalendarSerializer},
    )
    def put(self, request: Request, name: str) -> Response:
        """Define the calendar: 201, or 200 where it was there and is now as given. Jobs meet the new one at their time;
        what the old one has moved stays there.
        """
        if not self.reach.has("calendar", name):
            raise PermissionDenied(not_of_theirs(f"The calendar '{name}'"))
        given = self.body(CalendarSerializer)
        ranges = [CalendarRange(**fields) for fields in given.pop("ranges")]
        days = given.pop("days")
        fields = {**given, "open_days": mask(WORDS.index(day) for day in days)}
        _judge(Calendar(name=name, **fields), ranges)
        by, now, seen = person(request), clock.current(), tags_seen(request)
        try:
            created = definitions.define_calendar(name, fields, ranges, by=by, now=now, seen=seen)
        except Stale:
            found = _calendar(name, self.reach)
            shown = ShownCalendarSerializer(found).data
            raise definition_changed(
                f"The calendar '{name}'", definition_tag(found), shown, self.request.data
            ) from None
        found = _calendar(name, self.reach)
        answer = Response(
            ShownCalendarSerializer(found).data, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK
        )
        return versioned(answer, definition_tag(found))


class CalendarOpenings(ApiView):
    needs = {"GET": VIEW_CALENDAR}
    serializer_class = OpeningsSerializer
    queryset = Calendar.objects.all()

    @extend_schema(
        operation_id="calendars_openings",
        parameters=[
            OpenApiParameter("from", datetime, description="The first moment, with its zone. Left out: now."),
            OpenApiParameter(
                "days", int, description=f"How many days ahead: 1 to {MOST_DAYS}, {DAYS_AHEAD} by default."
            ),
        ],
        responses=OpeningsSerializer,
    )
    def get(self, request: Request, name: str) -> Response:
        """Show when a calendar is open, so that it can be seen before jobs depend on it."""
        begin = _first_moment(request.query_params.get("from"))
        days = _number_of_days(request.query_params.get("days"))
        calendar = _calendar(name, self.reach).snapshot()
        if problems := calendars.problems(calendar):
            raise ValidationError(problems)
        found = calendars.openings(calendar, begin, begin + timedelta(days=days))
        answer = {
            "calendar": name,
            "closed": calendars.why_closed(calendar, begin),
            "openings": [
                {edge: moment.astimezone(calendar.zone).isoformat() for edge, moment in one._asdict().items()}
                for one in found
            ],
        }
        return Response(answer)


def _calendar(name: str, reach: Reach) -> Calendar:
    found = Calendar.objects.within(reach).named(name)
    if found is None:
        raise Http404(f"There is no calendar '{name}'; GET /api/v1/calendars/ lists those that there are.")
    return found


def _judge(calendar: Calendar, ranges: list[CalendarRange]) -> None:
    """Check a calendar and its ranges. Raises ValidationError."""
    for number, one in enumerate(ranges):
        try:
            one.clean()
        except ValidationError as error:
            raise ValidationError({f"ranges.{number}": error.messages}) from None
    stored = Calendar.objects.filter(name=calendar.name).values_list("time_zone", flat=True).first()
    if problems := calendars.new_problems(calendar.snapshot(ranges), stored):
        raise ValidationError(problems)


def _first_moment(text: str | None) -> datetime:
    if not text:
        return clock.current()
    try:
        moment = parsing.moment(text)
    except parsing.Unreadable as error:
        raise ValidationError({"from": [str(error)]}) from None
    if moment.tzinfo is None:
        raise ValidationError({"from": ["This time has no zone; write it like 2026-12-24T00:00:00Z."]})
    if not EARLIEST <= moment <= LATEST - timedelta(days=MOST_DAYS):
        raise ValidationError({"from": ["Give a time between the years 1970 and 9998."]})
    return moment.astimezone(UTC)


def _number_of_days(text: str | None) -> int:
    if not text:
        return DAYS_AHEAD
    if not text.isascii() or not text.isdigit() or len(text) > 3 or not 1 <= int(text) <= MOST_DAYS:
        raise ValidationError({"days": [f"Give 1 to {MOST_DAYS} days."]})
    return int(text)
