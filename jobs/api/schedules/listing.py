"""Lists of schedules and of their runs: which ones, and in what pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from rest_framework import serializers

from jobs.api.filters import BoundField, LabelsFilter, WordField
from jobs.api.listing import PageQuery
from jobs.api.paging import BIGGEST_ID, JobPagination
from jobs.models import Occurrence
from jobs.models.occurrence import OccurrenceQuerySet
from jobs.models.querysets.schedules import ScheduleQuerySet
from jobs.states import Cause, Standing

LOOKUPS = {
    "name": "name__icontains",
    "target": "target",
    "queue": "queue",
    "enabled": "enabled",
    "next_at_after": "next_at__gte",
    "next_at_before": "next_at__lt",
}
MOST_COUNTED = 10_000  # rows of what was missed
DEFAULT_SPAN = timedelta(days=1)  # in which what was missed is looked for


class YesField(serializers.BooleanField):
    """Truth value of a query string, or no filter."""

    default_error_messages = {"invalid": "This is neither true nor false; give one of them."}
    default_empty_html = serializers.empty


class ScheduleQuery(PageQuery):
    """The query string of the list of schedules. An empty value is no filter."""

    several = ("label",)

    name = WordField(required=False, allow_blank=False, help_text="A part of the name, large or small.")
    target = WordField(required=False, allow_blank=False, help_text="Exactly this target.")
    queue = WordField(required=False, allow_blank=False, help_text="Exactly this queue.")
    label = LabelsFilter()  # type: ignore[assignment] # REST framework takes it away
    standing = serializers.ChoiceField(
        choices=Standing.choices,
        required=False,
        error_messages={"invalid_choice": f"This is not known; give one of {', '.join(Standing.values)}."},
        help_text="on, paused, shadow, off, ended (nothing comes any more) or broken (it cannot go on).",
    )
    enabled = YesField(required=False, help_text="Switched on, or off.")
    paused = YesField(required=False, help_text="Paused now, or not.")
    next_at_after = BoundField(required=False, help_text="Whose next nominal time is this or later.")
    next_at_before = BoundField(required=False, help_text="Whose next nominal time is before this.")


class RunQuery(PageQuery):
    """The query string of the runs of a schedule."""

    cause = serializers.ChoiceField(
        choices=Cause.choices,
        required=False,
        error_messages={"invalid_choice": f"This is no cause; known are: {', '.join(Cause.values)}."},
        help_text="Those that have not started by this cause.",
    )
    since = BoundField(required=False, help_text="Of this nominal time or later.")
    until = BoundField(required=False, help_text="Of an earlier nominal time.")


class RunsQuery(RunQuery):
    missed = YesField(required=False, help_text="Those that should have run and have not, or all others.")


class MissedQuery(RunQuery):
    since = BoundField(required=False, help_text="Of this nominal time or later. Left out: of a day.")
    until = BoundField(required=False, help_text="Of an earlier nominal time. Left out: up to now.")
    schedule = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST_ID,
        error_messages={"invalid": "This is not a whole number; give the id of a schedule."},
        help_text="Of this schedule.",
    )


def matching(schedules: ScheduleQuerySet, wanted: Mapping[str, Any], now: datetime) -> ScheduleQuerySet:
    """Return the schedules that a query string asks for."""
    if wanted.get("standing"):
        schedules = schedules.in_standing(Standing(wanted["standing"]), now)
    if wanted.get("paused") is not None:
        schedules = schedules.paused(now) if wanted["paused"] else schedules.not_paused(now)
    schedules = schedules.labelled(wanted.get("label", {}))
    return schedules.filter(**{LOOKUPS[name]: value for name, value in wanted.items() if name in LOOKUPS})


def runs_of(runs: OccurrenceQuerySet, wanted: Mapping[str, Any]) -> OccurrenceQuerySet:
    """Return the runs that a query string asks for."""
    if wanted.get("missed") is not None:
        runs = runs.missed() if wanted["missed"] else runs.not_missed()
    lookups = {"cause": "cause", "since": "nominal_at__gte", "until": "nominal_at__lt"}
    return runs.filter(**{lookups[name]: value for name, value in wanted.items() if name in lookups})


def missed_of(wanted: Mapping[str, Any], now: datetime) -> OccurrenceQuerySet:
    """Return what a query string asks for of what should have run and has not."""
    until = wanted.get("until", now)
    missed = Occurrence.objects.missed_since(wanted.get("since", until - DEFAULT_SPAN)).filter(nominal_at__lt=until)
    lookups = {"cause": "cause", "schedule": "schedule_id"}
    return missed.filter(**{lookups[name]: value for name, value in wanted.items() if name in lookups})


def by_cause(missed: OccurrenceQuerySet) -> dict[str, int]:
    """Count nominal times by cause, of the latest MOST_COUNTED rows: one statement."""
    latest = missed.order_by("-nominal_at").values("pk")[:MOST_COUNTED]
    counted = Occurrence.objects.filter(pk__in=latest).order_by().values_list("cause").annotate(Sum("count"))
    found = dict(counted)
    return {cause: found[cause] for cause in Cause.values if cause in found}


class RunPagination(JobPagination):
    """Latest nominal time first; a page stays the same however many come meanwhile."""

    ordering = ("-nominal_at", "-number", "-id")

    def is_position(self, text: str) -> bool:
        """Return whether a cursor of ours can hold this: an aware moment."""
        try:
            return datetime.fromisoformat(text).tzinfo is not None
        except ValueError:
            return False


class MissedPagination(RunPagination):
    """Page of what was missed, with all that was missed counted by its cause."""

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        whole: dict[str, Any] = super().get_paginated_response_schema(schema)
        whole["properties"]["by_cause"] = {
            "type": "object",
            "additionalProperties": {"type": "integer"},
            "description": f"How many nominal times have not started by each cause, of the latest {MOST_COUNTED:,} "
            "rows that fit.",
        }
        return whole
