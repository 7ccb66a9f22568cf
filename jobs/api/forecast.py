"""Forecast in REST: what the next day or week needs, and where slots do not suffice."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.filters import WordField
from jobs.api.listing import PageQuery, checked
from jobs.api.views import ApiView
from jobs.clock import clock
from jobs.forecast.forecast import MOST_SLOTS, OVERLOADS, QUEUES, Forecast, OfQueue, latest
from jobs.forecast.overloads import TOLERABLE
from jobs.forecast.reading import DAY, UNKNOWN, WEEK
from jobs.models import Job
from jobs.models.querysets.cohorts import MOST_PENDING
from jobs.permissions import VIEW_JOB

HOURS = (DAY, WEEK)
WRONG_HOURS = f"Give {DAY} for a day, or {WEEK} for a week."
WRONG_SLOTS = f"Give a whole number of slots, 0 to {MOST_SLOTS:,}."


class ForecastQuery(PageQuery):
    """Query string of the forecast."""

    page_size = None  # type: ignore[assignment]
    cursor = None  # type: ignore[assignment]
    queue = WordField(required=False, allow_blank=False, help_text="Of exactly this queue; left out: of all.")
    hours = serializers.ChoiceField(
        choices=list(HOURS),
        required=False,
        error_messages={"invalid_choice": WRONG_HOURS},
        help_text=f"How far ahead: {DAY} in stretches of a minute, {WEEK} of ten minutes. Left out: {DAY}.",
    )
    slots = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_SLOTS,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value", "max_string_length"), WRONG_SLOTS),
        help_text="With so many more slots for each queue, of its own. Left out: 0.",
    )


class ForecastShareSerializer(serializers.Serializer[Any]):
    slots = serializers.IntegerField()
    queues = serializers.ListField(child=serializers.CharField(), help_text="All that these slots take from.")
    workers = serializers.ListField(child=serializers.CharField(), help_text="The first ten.")
    other_teams = serializers.BooleanField(help_text="They take from queues of other teams, too.")


class ForecastStretchSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="When it begins.")
    starts = serializers.IntegerField(help_text="Runs that are due in it.")
    slots_needed = serializers.IntegerField(help_text="So many run at once, if all start on time.")
    slots = serializers.IntegerField(help_text="That take from the queue.")
    delay_s = serializers.FloatField(
        allow_null=True, help_text="The greatest of what is due in it; null: no slot ever takes it."
    )


class ForecastRepairSerializer(serializers.Serializer[Any]):
    spread_s = serializers.IntegerField(
        allow_null=True,
        help_text="Spread over so many seconds from its beginning on, it fits; null: in no time that was looked at.",
    )
    more_slots = serializers.IntegerField(help_text="With so many more, of its own, nothing waits.")
    fewer_slots = serializers.IntegerField(
        allow_null=True,
        help_text=f"With so many more delays are {TOLERABLE // 1000} s at most; null: not reckoned, as for all but the "
        "worst of a queue.",
    )
    command = serializers.CharField(help_text="Starts a worker with the fewer, or as many.")


class ForecastOverloadSerializer(serializers.Serializer[Any]):
    """Stretches in a row in which runs start more than a second late."""

    begin = serializers.DateTimeField()
    until = serializers.DateTimeField()
    starts = serializers.IntegerField()
    slots_needed = serializers.IntegerField()
    slots = serializers.IntegerField()
    delay_s = serializers.FloatField(allow_null=True, help_text="The greatest; null: nothing starts.")
    text = serializers.CharField(help_text="The same as a sentence.")
    repairs = ForecastRepairSerializer()


class ForecastQueueSerializer(serializers.Serializer[Any]):
    queue = serializers.CharField()
    slots = serializers.IntegerField(help_text="That take from it, alone or not; with `more_slots`.")
    shares = ForecastShareSerializer(many=True, help_text="Which slots those are.")
    starts = serializers.IntegerField()
    delay_s = serializers.FloatField(allow_null=True, help_text="The greatest; null: there is no slot for it.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What is shared, and what is not reckoned.")
    overloads = ForecastOverloadSerializer(many=True, help_text=f"The worst {OVERLOADS}, in their order.")
    more_overloads = serializers.IntegerField(help_text="So many others are not here.")
    stretches = ForecastStretchSerializer(many=True, help_text="Those in which something is due or goes on.")


class ForecastCountedSerializer(serializers.Serializer[Any]):
    jobs = serializers.IntegerField(help_text=f"Pending jobs that nothing holds, the soonest {MOST_PENDING:,}.")
    jobs_until = serializers.DateTimeField(allow_null=True, help_text="Not null: later ones were not counted.")
    schedules = serializers.IntegerField(help_text="Schedules that were reckoned.")
    times = serializers.IntegerField(help_text="Nominal times of theirs, beyond those that have jobs.")
    schedules_cut = serializers.IntegerField(help_text="Schedules with too many times to reckon all of them.")
    schedules_until = serializers.DateTimeField(allow_null=True, help_text="Up to then those are complete.")
    more_schedules = serializers.BooleanField(help_text="There are more schedules than were reckoned.")
    more_queues = serializers.IntegerField(help_text=f"Queues beyond the {QUEUES} with the greatest delays.")


class ForecastDurationSerializer(serializers.Serializer[Any]):
    target = serializers.CharField()
    seconds = serializers.FloatField(help_text=f"The p95 of the last week; {UNKNOWN / 1000:g} where none has ended.")
    known = serializers.BooleanField()


class ForecastSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="When it was read: at most 10 s ago.")
    until = serializers.DateTimeField()
    step = serializers.IntegerField(help_text="Seconds of a stretch.")
    more_slots = serializers.IntegerField()
    counted = ForecastCountedSerializer()
    durations = ForecastDurationSerializer(many=True, help_text="How long runs are taken to last.")
    queues = ForecastQueueSerializer(many=True, help_text="Those with the greatest delays first.")


class ForecastView(ApiView):
    needs = {"GET": VIEW_JOB}
    serializer_class = ForecastSerializer
    pagination_class = None
    queryset = Job.objects.all()

    @extend_schema(operation_id="forecast_read", parameters=[ForecastQuery], responses=ForecastSerializer)
    def get(self, request: Request) -> Response:
        """Forecast the next day or week of each queue: what is due by jobs and schedules, simulated first come, first
        served, on the slots that live workers have. Says where slots do not suffice, how late runs start then, and what
        would help. The page `/forecast/` shows the same."""
        wanted = checked(request.query_params, ForecastQuery)
        found = latest(
            now=clock.current(),
            hours=wanted.get("hours", DAY),
            within=self.reach,
            queue=wanted.get("queue"),
            more_slots=wanted.get("slots", 0),
        )
        return Response(as_json(found))


def as_json(found: Forecast) -> dict[str, Any]:
    """Return the answer: by hand, since a serializer takes ten times as long for a thousand stretches."""
    coming = found.coming
    return {
        "at": found.now,
        "until": found.until,
        "step": found.length // 1000,
        "more_slots": found.more_slots,
        "counted": {
            "jobs": found.jobs,
            "jobs_until": found.cut_at,
            "schedules": coming.schedules,
            "times": coming.times,
            "schedules_cut": coming.left_out,
            "schedules_until": coming.complete_until,
            "more_schedules": coming.more,
            "more_queues": found.left_out,
        },
        "durations": [{"target": one.target, "seconds": one.ms / 1000, "known": one.known} for one in found.lasting],
        "queues": [_queue(one, found) for one in found.queues],
    }


def _queue(one: OfQueue, found: Forecast) -> dict[str, Any]:
    return {
        "queue": one.name,
        "slots": one.slots,
        "shares": [
            {
                "slots": share.slots,
                "queues": sorted(share.queues),
                "workers": list(share.workers),
                "other_teams": share.others,
            }
            for share in one.shares
        ],
        "starts": one.starts,
        "delay_s": one.delay_s,
        "notes": list(one.notes),
        "overloads": [
            {
                "begin": late.begin,
                "until": late.until,
                "starts": late.starts,
                "slots_needed": late.needs,
                "slots": late.slots,
                "delay_s": late.delay_s,
                "text": late.text,
                "repairs": {
                    "spread_s": late.spread,
                    "more_slots": late.more,
                    "fewer_slots": late.fewer,
                    "command": late.command,
                },
            }
            for late in one.overloads
        ],
        "more_overloads": one.more_overloads,
        "stretches": [
            {
                "at": found.at(place),
                "starts": stretch.starts,
                "slots_needed": stretch.needed,
                "slots": one.slots,
                "delay_s": stretch.delay_s,
            }
            for place, stretch in one.stretches.items()
        ],
    }
