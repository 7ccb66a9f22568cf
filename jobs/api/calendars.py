"""Calendars: when jobs may start. Read, defined, and looked at ahead."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import calendars
from jobs.api.fields import ListOf, Strict, TextField
from jobs.api.views import ApiView, person
from jobs.calendars import DAYS, WORKDAYS
from jobs.calendars.opening_hours import EARLIEST, LATEST
from jobs.calendars.validation import MOST_RANGES
from jobs.clock import clock
from jobs.models import Calendar, CalendarRange
from jobs.models.calendar import mask
from jobs.permissions import CHANGE_CALENDAR, VIEW_CALENDAR
from jobs.transitions import definitions
from jobs.web import parsing

MOST_DAYS_GIVEN = 70  # of seven: some give a day twice
DAYS_AHEAD, MOST_DAYS = 14, 366
WORDS = [day.lower() for day in DAYS]
EDGE = "A day such as 2026-12-24, or a time on the calendar's wall clock such as 2026-12-24T12:00."


class HourField(serializers.TimeField):
    default_error_messages = {"invalid": "This is not a time of day; write it like 09:00, or give null for midnight."}


class RangeSerializer(Strict):
    """Open or closed, whatever the rest of the calendar says. Closed ranges go over open ones."""

    starts = TextField(help_text=EDGE)
    ends = TextField(help_text=f"{EDGE} A day is meant with all its hours.")
    is_open = serializers.BooleanField(default=False, help_text="Open, instead of closed.")
    label = TextField(default="", help_text="Why, for people.")  # type: ignore[assignment] # taken out of the class

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        first, last = (_edge(name, attrs.pop(name)) for name in ("starts", "ends"))
        if len(attrs["label"]) > 200:
            raise serializers.ValidationError({"label": "Shorten this to 200 characters."})
        return {
            **attrs,
            **dict(zip(("first_day", "first_time", "last_day", "last_time"), (*first, *last), strict=True)),
        }


class CalendarSerializer(Strict):
    """Definition of a calendar. What is left out has its default, also where it was something else before."""

    time_zone = TextField(default="UTC", help_text="Of its days and hours: UTC or a name like Europe/Berlin.")
    days = ListOf(
        most=MOST_DAYS_GIVEN,
        child=serializers.ChoiceField(
            choices=WORDS, error_messages={"invalid_choice": f"This is no day; give some of {', '.join(WORDS)}."}
        ),
        default=lambda: [WORDS[day] for day in sorted(WORKDAYS)],
        help_text="Which days of the week are open.",
    )
    open_from = HourField(default=None, allow_null=True, help_text="When these days open. Null: at midnight.")
    open_until = HourField(
        default=None,
        allow_null=True,
        help_text="When they close; on the day after where that is earlier. Null: at midnight.",
    )
    holidays_of = TextField(default="", help_text="Closed on the public holidays of DE, DE-BW, US ... Empty: of none.")
    ranges = ListOf(
        child=RangeSerializer(),
        most=MOST_RANGES,
        default=list,
        error_messages={
            "not_a_list": "This must be a list of ranges, each an object.",
            "too_many": "These are {count} ranges; {most} at most: take out those that are over.",
        },
    )


class ShownRangeSerializer(serializers.ModelSerializer[CalendarRange]):
    starts = serializers.SerializerMethodField()
    ends = serializers.SerializerMethodField()

    class Meta:
        model = CalendarRange
        fields = ("starts", "ends", "is_open", "label")
        read_only_fields = fields

    def get_starts(self, one: CalendarRange) -> str:
        return _shown(one.first_day, one.first_time)

    def get_ends(self, one: CalendarRange) -> str:
        return _shown(one.last_day, one.last_time)


class ShownCalendarSerializer(serializers.ModelSerializer[Calendar]):
    days = serializers.SerializerMethodField()
    ranges = ShownRangeSerializer(many=True, read_only=True)

    class Meta:
        model = Calendar
        fields = ("name", "time_zone", "days", "open_from", "open_until", "holidays_of", "ranges")
        read_only_fields = fields

    def get_days(self, calendar: Calendar) -> list[str]:
        return [WORDS[day] for day in sorted(calendar.days)]


class OpeningSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField(help_text="With the offset of the calendar's zone.")
    end = serializers.DateTimeField(help_text="Not open any more.")


class OpeningsSerializer(serializers.Serializer[Any]):
    calendar = serializers.CharField()
    closed = serializers.CharField(help_text="Why it is closed at the first moment; null where it is open.")
    openings = OpeningSerializer(many=True)


class CalendarList(ApiView):
    needs = {"GET": VIEW_CALENDAR}
    serializer_class = ShownCalendarSerializer
    queryset = Calendar.objects.all()

    @extend_schema(operation_id="calendars_list", responses=ShownCalendarSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List all calendars, by name."""
        return Response(ShownCalendarSerializer(Calendar.objects.whole(), many=True).data)


class CalendarDetail(ApiView):
    needs = {"GET": VIEW_CALENDAR, "PUT": CHANGE_CALENDAR}
    serializer_class = CalendarSerializer
    queryset = Calendar.objects.all()

    @extend_schema(operation_id="calendars_get", responses=ShownCalendarSerializer)
    def get(self, request: Request, name: str) -> Response:
        return Response(ShownCalendarSerializer(_calendar(name)).data)

    @extend_schema(operation_id="calendars_put", request=CalendarSerializer, responses=ShownCalendarSerializer)
    def put(self, request: Request, name: str) -> Response:
        """Define the calendar: 201, or 200 where it was there and is now as given. Jobs meet the new one at their time;
        what the old one has moved stays there.
        """
        given = self.body(CalendarSerializer)
        ranges = [CalendarRange(**fields) for fields in given.pop("ranges")]
        days = given.pop("days")
        fields = {**given, "open_days": mask(WORDS.index(day) for day in days)}
        _judge(Calendar(name=name, **fields), ranges)
        created = definitions.define_calendar(name, fields, ranges, by=person(request), now=clock.current())
        shown = ShownCalendarSerializer(_calendar(name)).data
        return Response(shown, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)


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
        calendar = _calendar(name).snapshot()
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


def _calendar(name: str) -> Calendar:
    found = Calendar.objects.named(name)
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


def _edge(field: str, text: str) -> tuple[date, time | None]:
    try:
        if len(text) == len("2026-12-24"):
            return date.fromisoformat(text), None
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise serializers.ValidationError({field: f"This is neither a day nor a time. Give this: {EDGE}"}) from None
    if moment.tzinfo is not None:
        raise serializers.ValidationError({field: "A range has the calendar's own zone; leave out that of this time."})
    return moment.date(), moment.time()


def _shown(day: date, at: time | None) -> str:
    return day.isoformat() if at is None else datetime.combine(day, at).isoformat()


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
