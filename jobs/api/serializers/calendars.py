"""Calendars as they are given and shown: their days, hours and ranges."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.api.fields import ListOf, Strict, TextField
from jobs.calendars import DAYS, WORKDAYS
from jobs.calendars.validation import MOST_RANGES
from jobs.models import Calendar, CalendarRange

MOST_DAYS_GIVEN = 70  # of seven: some give a day twice
WORDS = [day.lower() for day in DAYS]
EDGE = "A day such as 2026-12-24, or a time on the calendar's wall clock such as 2026-12-24T12:00."


CLOCK = r"^\d\d:\d\d(:\d\d(\.\d{1,6})?)?$"  # what JSON Schema calls a time has a zone


@extend_schema_field({"type": "string", "pattern": CLOCK, "example": "09:00"})
class HourField(serializers.TimeField):
    default_error_messages = {
        "invalid": "This is not a time of day; write it like 09:00, or give null for midnight.",
        "zone": "Write it like 09:00, and leave the zone out: it is the calendar's.",
    }

    def to_internal_value(self, value: Any) -> time:
        found = super().to_internal_value(value)  # which takes 09:00Z for 09:00
        if isinstance(value, str) and not re.match(CLOCK, value):
            self.fail("zone")
        return found


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
    open_from = HourField(read_only=True, allow_null=True, help_text="When these days open. Null: at midnight.")
    open_until = HourField(read_only=True, allow_null=True, help_text="When they close. Null: at midnight.")
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
    closed = serializers.CharField(allow_null=True, help_text="Why it is closed at the first moment; null: it is open.")
    openings = OpeningSerializer(many=True)


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
