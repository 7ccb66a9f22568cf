"""Jobs that are created together, how far they are, and the one that starts after the last of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import blackouts, rules
from jobs.api.fields import MOST_ERRORS, StartField, Strict, TextField
from jobs.api.headers import idempotency, rate_limits
from jobs.api.parsers import JsonParser
from jobs.api.problems import CONTENT_TYPE
from jobs.api.schema import RETRY_AFTER
from jobs.api.serializers import JobsField, NewJobSerializer
from jobs.api.views import (
    TOO_FAST_ANSWER,
    TRACEPARENT,
    ApiView,
    person,
    traceparent_of,
)
from jobs.api.waiting import OtherSerializer
from jobs.clock import clock
from jobs.models import Batch
from jobs.models.batch import MOST_OF_A_BATCH
from jobs.models.constraints import EARLIEST_RUN_AT
from jobs.models.dependency import last_of
from jobs.permissions import ADD_JOB, VIEW_JOB
from jobs.rights import Reach, reach_of
from jobs.rights.seeing import seen_of
from jobs.states import OVER, State
from jobs.transitions.batches import NewBatch, create_batch, with_id

A_BATCH_ID = 1  # stands for the id while the payload is judged


class CallbackSerializer(NewJobSerializer):
    """The job that waits for all of them, however they end. The argument "$batch" becomes the id of the batch."""

    without = ("waits_for", "waits_for_end")

    run_at = StartField(help_text="Not before this time. Left out: as soon as all have ended.")


class NewBatchSerializer(Strict):
    name = TextField(default="", help_text="For people; need not be unique.")
    jobs = JobsField(
        most=MOST_OF_A_BATCH,
        error_messages=dict.fromkeys(
            ("none", "too_many"), f"A batch has 1 to {MOST_OF_A_BATCH} jobs. Make several, one a part."
        ),
        help_text=f"1 to {MOST_OF_A_BATCH}; all of them are created, or none.",
    )
    callback = CallbackSerializer(required=False, allow_null=True, help_text="What starts after the last of them.")


class BatchSerializer(serializers.ModelSerializer[Batch]):
    """State of a batch, of those of its jobs that the caller sees. Interrupted jobs have not ended: a person must say
    what became of them."""

    created_by = serializers.CharField(source="created_by.get_username", read_only=True, default=None, allow_null=True)
    jobs = serializers.SerializerMethodField(help_text="How many it has.")
    states = serializers.SerializerMethodField(help_text="How many of them are in each state.")
    done = serializers.SerializerMethodField(help_text="The share of those that have ended: 0 to 1.")
    callback = serializers.SerializerMethodField()

    class Meta:
        model = Batch
        fields = ("id", "name", "created_at", "created_by", "jobs", "states", "done", "callback")
        read_only_fields = fields

    def get_jobs(self, batch: Batch) -> int:
        return sum(self._counts().values())

    def get_states(self, batch: Batch) -> dict[str, int]:
        return {state.label: self._counts().get(state, 0) for state in State}

    def get_done(self, batch: Batch) -> float:
        counts = self._counts()
        return sum(counts.get(state, 0) for state in OVER) / (sum(counts.values()) or 1)

    @extend_schema_field(OtherSerializer(allow_null=True))
    def get_callback(self, batch: Batch) -> Any:
        last = last_of(batch)
        seen = seen_of([] if last is None else [last], self.context["reach"])
        return OtherSerializer(seen[0]).data if seen else None

    def _counts(self) -> dict[State, int]:
        counts: dict[State, int] = self.context["counts"]
        return counts


def shown(batch_id: int, reach: Reach) -> dict[str, Any]:
    """Return a batch with its counts. Raises Http404."""
    batch = Batch.objects.within(reach).select_related("created_by", "callback").filter(pk=batch_id).first()
    if batch is None:
        raise Http404(f"There is no batch {batch_id}.")
    return dict(BatchSerializer(batch, context={"counts": batch.counts(reach), "reach": reach}).data)


class BatchList(ApiView):
    needs = {"POST": ADD_JOB}
    examples = {
        "POST": {
            "name": "month end",
            "jobs": [
                {"target": "demo.sleep", "payload": {"seconds": 0.5}},
                {"target": "demo.noop", "run_at": "2099-01-01T09:00:00Z"},
            ],
            "callback": {"target": "demo.log", "payload": {"message": "All of them have ended."}},
        }
    }
    serializer_class = NewBatchSerializer
    parser_classes = [JsonParser]
    queryset = Batch.objects.all()

    @extend_schema(
        operation_id="batches_create",
        parameters=[idempotency.PARAMETER, TRACEPARENT, RETRY_AFTER, *rate_limits.PARAMETERS],
        responses={201: BatchSerializer, 200: BatchSerializer, (429, CONTENT_TYPE): TOO_FAST_ANSWER},
    )
    def post(self, request: Request) -> Response:
        """Create a batch with all of its jobs: 201, or 200 with the earlier one when its Idempotency-Key was used
        before. GET /api/v1/jobs/?batch= lists its jobs. Each counts in the budget for bulk requests."""
        now = clock.current()
        body, mine = self.body(NewBatchSerializer), Batch.objects.filter(created_by_id=request.user.pk)
        key = idempotency.idempotency_key(request, mine)
        known = key and mine.filter(idempotency_key=key).exists()
        # A repeat may arrive after its times have passed: they were judged when it came first.
        new = _checked(body, key, EARLIEST_RUN_AT if known else now, request)
        if not known:  # a repeat creates nothing, so it costs nothing
            self.admission().bulk(len(new.jobs) + (new.callback is not None))
        made = create_batch(new, now=now, by=person(request))
        return Response(
            shown(made.batch.pk, self.reach),
            status=status.HTTP_201_CREATED if made.created else status.HTTP_200_OK,
            headers={"Location": reverse("api-batch", args=[made.batch.pk])},
        )


class BatchDetail(ApiView):
    needs = {"GET": (VIEW_JOB, ADD_JOB)}
    serializer_class = BatchSerializer
    queryset = Batch.objects.all()

    @extend_schema(operation_id="batches_read", responses=BatchSerializer)
    def get(self, request: Request, batch_id: int) -> Response:
        """Tell how far the batch is."""
        return Response(shown(batch_id, self.reach))


def _checked(body: dict[str, Any], key: str | None, now: datetime, request: Request) -> NewBatch:
    """The jobs are judged one after the other, so that one answer names all that is wrong, or the
    first of it. Raises ValidationError."""
    errors: dict[str, Any] = {}
    for field, problems in (
        ("name", rules.text_problems(body["name"], rules.NAME_LIMIT)),
        ("idempotency_key", rules.text_problems(key or "", rules.IDEMPOTENCY_KEY_LIMIT)),
    ):
        if problems:
            errors[field] = problems

    calendars, trace = blackouts.Calendars(reach_of(person(request))), traceparent_of(request)

    def judged(where: str, fields: dict[str, Any]) -> rules.NewJob | None:
        try:
            return rules.check_new_job(**fields, traceparent=trace, now=now, calendars=calendars)
        except ValidationError as error:
            errors.update({f"{where}.{field}": found for field, found in error.message_dict.items()})
            return None

    jobs = []
    for place, fields in enumerate(body["jobs"]):
        jobs.append(judged(f"jobs.{place}", fields))
        if len(errors) > MOST_ERRORS:
            break  # the answer names no more
    callback = body.get("callback")
    last = None
    if callback is not None:
        asked = callback["payload"]
        known = with_id(asked, A_BATCH_ID) if isinstance(asked, dict) else asked
        last = judged("callback", {**callback, "payload": known})
        if last is not None and isinstance(asked, dict):
            last = replace(last, payload=asked)
    if errors:
        raise serializers.ValidationError(errors)
    return NewBatch(body["name"], [job for job in jobs if job is not None], last, key)
