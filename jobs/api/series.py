"""Figures of the past, as points for a chart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.filters import BoundField, WordField
from jobs.api.listing import PageQuery, checked
from jobs.api.views import ApiView
from jobs.clock import clock
from jobs.models import Objective
from jobs.models.rollups import series
from jobs.permissions import VIEW_JOB

DEFAULT_SPAN = timedelta(hours=1)


class SeriesQuery(PageQuery):
    """Query string of the figures: whose, and of when."""

    page_size = None  # type: ignore[assignment]
    cursor = None  # type: ignore[assignment]
    queue = WordField(required=False, allow_blank=False, help_text="Of exactly this queue; left out: of all.")
    target = WordField(required=False, allow_blank=False, help_text="Of exactly this target; left out: of all.")
    since = BoundField(required=False, help_text="From then on; left out: an hour before `until`.")
    until = BoundField(required=False, help_text="Up to then; left out: now.")
    step = serializers.IntegerField(
        required=False,
        error_messages={"invalid": "This is not a whole number; give seconds, such as 60."},
        help_text="Seconds of a point: a multiple of 10, of 60 for what is older than a day, of 3600 for what is older "
        "than 31 days. Left out: so many that there are no more than 400 points.",
    )


class LengthsSerializer(serializers.Serializer[Any]):
    """Milliseconds; null where there was nothing. `p50_ms` and `p99_ms` are within 11 %, the others exact."""

    count = serializers.IntegerField(source="number")
    mean_ms = serializers.FloatField(source="mean", allow_null=True)
    stdev_ms = serializers.FloatField(source="stdev", allow_null=True)
    p50_ms = serializers.FloatField(source="p50", allow_null=True)
    p99_ms = serializers.FloatField(source="p99", allow_null=True)
    max_ms = serializers.FloatField(source="high", allow_null=True)


class PointSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="When it begins.")
    starts = serializers.IntegerField(help_text="Jobs whose row was taken in it.")
    completed = serializers.IntegerField(help_text="Starts that ended so in it; the next two also.")
    failed = serializers.IntegerField()
    interrupted = serializers.IntegerField()
    late = serializers.IntegerField(
        help_text="Bodies entered in it later than the objective of their target, else of their queue, else a second."
    )
    delay = LengthsSerializer(help_text="From `run_at` to the entry of the body, of the bodies entered in it.")
    duration = LengthsSerializer(help_text="Of the bodies that ended in it.")


class QueuePointSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="When it begins.")
    pending = serializers.FloatField(help_text="Held by nothing: the mean of a sample each 10 s, up to 10,001 each.")
    pending_max = serializers.IntegerField()
    overdue_max = serializers.IntegerField()
    oldest_s = serializers.FloatField(source="oldest_max", help_text="How late the oldest was, at most; seconds.")
    busy = serializers.FloatField(help_text="Slots that ran a job, in the mean.")
    slots = serializers.FloatField(
        allow_null=True, help_text="Of the workers that took from it; null for several queues: workers serve many."
    )


class SeriesSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    step = serializers.IntegerField(help_text="Seconds of a point.")
    points = PointSerializer(many=True, help_text="Those in which something has started or ended.")
    queues = QueuePointSerializer(
        many=True, help_text="What waited and ran; empty where a target is asked for, since samples are of queues."
    )


class SeriesView(ApiView):
    needs = {"GET": VIEW_JOB}
    serializer_class = SeriesSerializer

    @extend_schema(operation_id="series_read", parameters=[SeriesQuery], responses=SeriesSerializer)
    def get(self, request: Request) -> Response:
        """Return the figures of the past: starts, ends, delays and durations, and what waited and ran, a point for each
        step. 10 s are kept for a day, minutes for 31 days, hours for 731 days."""
        wanted = checked(request.query_params, SeriesQuery)
        now = clock.current()
        until = wanted.get("until", now)
        try:
            asked = series.span(
                since=wanted.get("since", until - DEFAULT_SPAN),
                until=until,
                now=now,
                step=wanted.get("step"),
                queue=wanted.get("queue"),
                target=wanted.get("target"),
            )
        except ValueError as error:
            raise serializers.ValidationError({"step": str(error)}) from None
        found = {
            **asked._asdict(),
            "points": series.points(asked, within=self.reach, limits=Objective.objects.start_limits()),
            "queues": series.queue_points(asked, within=self.reach),
        }
        return Response(SeriesSerializer(found).data)
