"""Calendars in the admin, with a look at what they mean for the next two weeks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs import calendars
from jobs.admin.audited import Audited
from jobs.admin.theme import ModelAdmin, TabularInline
from jobs.admin.within import NamedWithin, reach_in
from jobs.calendars import DAYS, Snapshot
from jobs.clock import clock
from jobs.models import Calendar, CalendarRange, Job
from jobs.models.calendar import mask

if TYPE_CHECKING:
    Base = forms.ModelForm[Calendar]
else:
    Base = forms.ModelForm

AHEAD = timedelta(days=14)


class CalendarForm(Base):
    """The days by name; the model keeps their sum."""

    days = forms.TypedMultipleChoiceField(
        choices=list(enumerate(DAYS)),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Which days of the week are open.",
    )

    class Meta:
        model = Calendar
        fields = ["name", "time_zone", "open_from", "open_until", "holidays_of"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "days" in self.fields:
            self.fields["days"].initial = sorted(self.instance.days)

    def clean(self) -> dict[str, Any] | None:
        if "days" in self.cleaned_data:
            self.instance.open_days = mask(self.cleaned_data["days"])
        return super().clean()


class RangeInline(TabularInline[CalendarRange, Calendar]):
    model = CalendarRange
    fields = ["first_day", "first_time", "last_day", "last_time", "is_open", "label"]
    extra = 0


@admin.register(Calendar)
class CalendarAdmin(Audited, NamedWithin, ModelAdmin[Calendar]):
    """Calendars in the admin. What is saved here counts for jobs from their time on."""

    form = CalendarForm
    inlines = [RangeInline]
    list_display = ["name", "time_zone", "open_days_shown", "hours", "holidays_of", "now"]
    search_fields = ["name"]
    readonly_fields = ("open_days_shown", "preview")
    actions = None

    class Media:
        css = {"all": ["jobs/admin-jobs.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: Calendar | None = None) -> Any:
        may = self.has_change_permission(request, obj) if obj else True
        days = "days" if may else "open_days_shown"
        what = (None, {"fields": ["name", "time_zone", days, "open_from", "open_until", "holidays_of"]})
        return [what, ("The next 14 days", {"fields": ["preview"]})] if obj else [what]

    def has_delete_permission(self, request: HttpRequest, obj: Calendar | None = None) -> bool:
        """Permit it only where no job has it, not even one that has ended: it says why that started when it did."""
        return super().has_delete_permission(request, obj) and (
            obj is None or not Job.objects.of_calendar(obj).exists()
        )

    @admin.display(description="days")
    def open_days_shown(self, calendar: Calendar) -> str:
        return ", ".join(DAYS[day] for day in sorted(calendar.days)) or "none"

    @admin.display(description="hours")
    def hours(self, calendar: Calendar) -> str:
        begin, end = (at.strftime("%H:%M") if at else "midnight" for at in (calendar.open_from, calendar.open_until))
        return "all day" if begin == end else f"{begin} to {end}"

    @admin.display(description="now")
    def now(self, calendar: Calendar) -> str:
        snapshot = calendar.snapshot()
        if wrong := _wrong(snapshot):
            return wrong
        return calendars.why_closed(snapshot, clock.current()) or "open"

    @admin.display(description="open")
    def preview(self, calendar: Calendar) -> SafeString | str:
        snapshot, now = calendar.snapshot(), clock.current()
        if wrong := _wrong(snapshot):
            return wrong
        found = calendars.openings(snapshot, now, now + AHEAD)
        if not found:
            return "Never in these days."
        spans = ((one.start.astimezone(snapshot.zone), one.end.astimezone(snapshot.zone)) for one in found)
        lines = format_html_join("", "<li>{} to {}</li>", ((_words(start), _words(end)) for start, end in spans))
        return format_html("<ul>{}</ul>Times of {}.", lines, snapshot.time_zone)

    def get_queryset(self, request: HttpRequest) -> Any:
        return Calendar.objects.within(reach_in(request)).whole()

    def kind_of(self, obj: Calendar) -> str:
        return "calendar"


def _wrong(calendar: Snapshot) -> str:
    """Return what is wrong with a calendar that was written by SQL; empty for a sound one."""
    return " ".join(sentence for found in calendars.problems(calendar).values() for sentence in found)


def _words(moment: Any) -> str:
    return f"{moment:%A, %Y-%m-%d %H:%M:%S}".removesuffix(":00")
