"""Failures in REST: what failed, in groups of one target and one fingerprint."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.fields import TextField
from jobs.api.filters import WordField
from jobs.api.listing import PageQuery, checked
from jobs.api.views import ApiView
from jobs.clock import clock
from jobs.models import Attempt
from jobs.models.failures import LOOK, MOST
from jobs.permissions import VIEW_JOB
from jobs.web.failures import asked
from jobs.web.lookback import SPANS, USUAL


class FailuresQuery(PageQuery):
    """The query string of the failures."""

    span = serializers.ChoiceField(
        choices=list(SPANS),
        required=False,
        error_messages={"invalid_choice": f"Give one of {', '.join(SPANS)}."},
        help_text=f"The time up to now; without it {USUAL}.",
    )
    queue = WordField(required=False, allow_blank=False, help_text="Of jobs in this queue only.")
    target = WordField(required=False, allow_blank=False, help_text="Of this target only.")
    page_size = None  # type: ignore[assignment]
    cursor = None  # type: ignore[assignment]
    format = TextField(required=False, help_text="`json`, or `api` for the page of a browser.")


class GroupSerializer(serializers.Serializer[Any]):
    """Starts of a target that failed alike."""

    target = serializers.CharField()
    failure = serializers.CharField(
        help_text="Their fingerprint; of those without one what their reasons have in common."
    )
    marked = serializers.BooleanField(help_text="False: these have no fingerprint.")
    starts = serializers.IntegerField(help_text="How many starts failed so.")
    jobs = serializers.IntegerField(help_text="Of how many jobs.")
    can_retry = serializers.IntegerField(help_text="How many of these jobs are still as this failure has left them.")
    first_at = serializers.DateTimeField(help_text="When the first of them ended.")
    last_at = serializers.DateTimeField(help_text="When the last of them ended.")
    queues = serializers.ListField(child=serializers.CharField())
    over_time = serializers.ListField(
        child=serializers.IntegerField(), help_text="How many ended in each 24th of the time that was looked at."
    )
    job = serializers.IntegerField(source="job_id", help_text="A sample: the job of the last.")
    attempt = serializers.IntegerField(source="number", help_text="Its start; 0 where the ledger has none.")
    error = serializers.CharField(help_text="The first line of the sample's error.")


class FailuresSerializer(serializers.Serializer[Any]):
    """Groups of what failed, those with the most starts first."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    groups = GroupSerializer(many=True)
    cut = serializers.BooleanField(help_text=f"Older starts of this time are not counted: {LOOK:,} at most are.")
    cut_unmarked = serializers.BooleanField(
        help_text=f"Older ends were not looked at for failures without a fingerprint: {LOOK:,} at most are."
    )
    more = serializers.BooleanField(help_text=f"There are more than {MOST} groups.")


class FailuresList(ApiView):
    needs = {"GET": VIEW_JOB}
    serializer_class = FailuresSerializer
    pagination_class = None
    queryset = Attempt.objects.all()

    @extend_schema(operation_id="failures_list", parameters=[FailuresQuery], responses=FailuresSerializer)
    def get(self, request: Request) -> Response:
        """List what failed or was interrupted, in groups: of one target, with one fingerprint. It looks at the newest
        10,000 starts that failed, and says where there were more. The page `/failures/` shows the same."""
        wanted = checked(request.query_params, FailuresQuery)
        return Response(FailuresSerializer(asked(wanted, self.reach, clock.current())).data)
