"""Calendars, which say when jobs may start: business days, hours, public holidays, ranges of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from jobs import calendars
from jobs.calendars import OwnRange, Snapshot
from jobs.calendars.validation import NAME_PATTERN
from jobs.models.described import Described, columns, described

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

EVERY_DAY = 0b1111111
WORKDAYS = 0b0011111


class CalendarQuerySet(models.QuerySet["Calendar"]):
    def whole(self) -> Self:
        """Select the calendars with their ranges: two statements for however many."""
        return self.prefetch_related("ranges")

    def with_holidays_of(self) -> list[str]:
        """Return the countries, or parts of them, whose holidays any calendar has."""
        return sorted(set(self.exclude(holidays_of="").values_list("holidays_of", flat=True)))

    def within(self, reach: Reach) -> Self:
        """Select those that a user may see and use: what nobody owns, such as the holidays of a country, all may."""
        others = sorted(reach.names_of_others("calendar"))
        return self.exclude(name__in=others) if others and not reach.everything else self

    def named(self, name: str) -> Calendar | None:
        return self.whole().filter(name=name).first()


class Calendar(models.Model):
    """A row of `jobs_calendar`. What it means is reckoned in jobs/calendars/."""

    name = models.CharField(max_length=100, unique=True, help_text="Jobs and schedules name it by this.")
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        db_default="UTC",
        help_text="Of its days and hours: UTC or a name like Europe/Berlin.",
    )
    # Not a PositiveSmallIntegerField: as everywhere.
    open_days = models.SmallIntegerField(
        default=WORKDAYS, db_default=WORKDAYS, help_text="1 is Monday, 2 Tuesday, 4 Wednesday ...; their sum."
    )
    open_from = models.TimeField(null=True, blank=True, help_text="When each of these days opens. Empty: at midnight.")
    open_until = models.TimeField(
        null=True, blank=True, help_text="When it closes; on the day after if that is earlier. Empty: at midnight."
    )
    holidays_of = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="Closed on the public holidays of this country, or of a part of it: DE, DE-BW. Empty: of none.",
    )

    objects = CalendarQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(name__regex=NAME_PATTERN), name="jobs_calendar_named"),
            models.CheckConstraint(
                condition=Q(open_days__gte=0, open_days__lte=EVERY_DAY), name="jobs_calendar_days_known"
            ),
            models.CheckConstraint(
                condition=Q(open_until__isnull=True)
                | Q(open_from__isnull=True, open_until__gt=time.min)
                | Q(open_until__lt=F("open_from"))
                | Q(open_until__gt=F("open_from")),
                name="jobs_calendar_has_hours",
            ),
        ]

    def described(self) -> Described:
        """Return the calendar with its ranges, as they are in the table."""
        kept = columns(CalendarRange, "id", "calendar_id")
        ranges = [described(one, kept) for one in CalendarRange.objects.filter(calendar=self.pk)]
        return {**described(self, columns(Calendar, "id")), "ranges": ranges}

    def __str__(self) -> str:
        return self.name

    @property
    def days(self) -> frozenset[int]:
        """The days of the week that are open; 0 is Monday."""
        return frozenset(day for day in range(7) if self.open_days >> day & 1)

    def snapshot(self, ranges: Iterable[CalendarRange] | None = None) -> Snapshot:
        """Return what the arithmetic needs of the calendar, with its own ranges, or with these."""
        return Snapshot(
            self.name,
            time_zone=self.time_zone,
            days=self.days,
            open_from=self.open_from,
            open_until=self.open_until,
            holidays_of=self.holidays_of,
            ranges=tuple(one.own_range() for one in (self.ranges.all() if ranges is None else ranges)),
        )

    def clean(self) -> None:
        """Check the calendar, but not its ranges, which are judged by themselves. Raises ValidationError: field -> what
        is wrong and what to do."""
        stored = type(self).objects.filter(pk=self.pk).values_list("time_zone", flat=True).first()
        found = calendars.new_problems(self.snapshot(ranges=[]), stored)
        if found:
            raise ValidationError({"open_days" if field == "days" else field: found[field] for field in found})


def mask(days: Iterable[int]) -> int:
    """Return the `open_days` of these days; 0 is Monday."""
    return sum(1 << day for day in set(days))


class CalendarRange(models.Model):
    """Days, or a part of them, that are open or closed whatever the rest of the calendar says; closed ones first.

    Times are of the calendar's wall clock, so they are kept without a zone."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="ranges")
    first_day = models.DateField()
    first_time = models.TimeField(null=True, blank=True, help_text="Empty: from its midnight on.")
    last_day = models.DateField()
    last_time = models.TimeField(null=True, blank=True, help_text="Empty: all of the last day.")
    is_open = models.BooleanField(default=False, db_default=False, help_text="Open, instead of closed.")
    label = models.CharField(max_length=200, blank=True, default="", db_default="", help_text="Why, for people.")

    class Meta:
        ordering = ["first_day", "first_time", "id"]
        verbose_name = "range of its own"
        verbose_name_plural = "ranges of its own"
        constraints = [
            # A year less than Python's last: the day after each must be one too.
            models.CheckConstraint(
                condition=Q(first_day__gte=date(1970, 1, 1), last_day__lt=date(9999, 1, 1)),
                name="jobs_calendar_range_reckoned",
            ),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="jobs_calendar_range_in_order"),
        ]

    def __str__(self) -> str:
        own = self.own_range()
        return f"{'open' if own.is_open else 'closed'} from {own.starts} to {own.ends}"

    def own_range(self) -> OwnRange:
        starts = datetime.combine(self.first_day, self.first_time or time.min)
        whole_day = self.last_time is None
        ends = datetime.combine(
            self.last_day + timedelta(days=1) if whole_day else self.last_day, self.last_time or time.min
        )
        return OwnRange(starts, ends, self.is_open, self.label)

    def clean(self) -> None:
        """Check the range. Raises ValidationError."""
        if not all(getattr(self, field) for field in ("first_day", "last_day")):
            return  # a form has said so
        if not 1970 <= self.first_day.year <= self.last_day.year < 9999:
            raise ValidationError(
                {"last_day": "Ranges lie between the years 1970 and 9998, their end after their start."}
            )
        problems = calendars.range_problems(self.own_range())
        if problems:
            raise ValidationError({"last_time" if self.last_time else "last_day": problems})
