"""Operations as they are asked for and shown."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.api.fields import MomentField, Strict, TextField
from jobs.api.serializers.derived import JobIdsField
from jobs.models import Operation
from jobs.rules.finding import THESE, address_of
from jobs.transitions.operations.making import can_be_undone
from jobs.web.operations import ACTIONS, action_of

WHY = "Why, for those whose jobs these are."
MOST_CHOSEN = 200
APPLY = "False: say how many there are, and begin nothing."
ACTION_NAMES = [action.name for action in ACTIONS]
NO_ACTION = f"This is not done to many jobs at once; give one of {', '.join(ACTION_NAMES)}."


class NewOperationSerializer(Strict):
    """Action on all jobs of a filter, or on some by their ids."""

    action = serializers.ChoiceField(choices=ACTION_NAMES, error_messages={"invalid_choice": NO_ACTION})
    filter = TextField(
        required=False,
        help_text="A query string of the list of jobs, such as `queue=pay&state=pending`; empty: all jobs.",
    )
    ids = JobIdsField(
        most=MOST_CHOSEN,
        required=False,
        allow_empty=False,
        error_messages={"too_many": "These are {count}; give {most} at most, or a filter that finds them."},
        help_text=f"Instead of a filter: {MOST_CHOSEN} jobs at most.",
    )
    run_at = MomentField(required=False, help_text="To reschedule: the new time, ISO 8601 with a zone.")
    by_seconds = serializers.IntegerField(
        required=False,
        error_messages={"invalid": "This is not a whole number of seconds."},
        help_text="To reschedule, instead of a time: by how much each moves; earlier with a minus.",
    )
    queue = TextField(required=False, help_text="To move them: the queue to which they go.")
    reason = TextField(default="", help_text=f"{WHY} Needed to begin.")
    apply = serializers.BooleanField(default=False, help_text=APPLY)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("filter" in attrs) == ("ids" in attrs):
            raise serializers.ValidationError(
                {"filter": "Say which jobs: give a filter (empty: all jobs) or ids, one of the two."}
            )
        return attrs


class UndoSerializer(Strict):
    reason = TextField(default="", help_text=f"{WHY} Needed to begin.")
    apply = serializers.BooleanField(default=False, help_text=APPLY)


class CancelOperationSerializer(Strict):
    reason = TextField(default="", help_text=WHY)


class OperationSerializer(serializers.ModelSerializer[Operation]):
    """State of an operation, and how far it is."""

    created_by = serializers.CharField(source="created_by.get_username", read_only=True, default=None, allow_null=True)
    action = serializers.SerializerMethodField(
        help_text="What it does to jobs, an undo what it takes back; null: none."
    )
    filter = serializers.SerializerMethodField(help_text="The filter of its jobs, as a query string; null: no filter.")
    left_alone = serializers.SerializerMethodField(help_text="How many jobs it has left as they were, by why.")
    progress = serializers.SerializerMethodField(help_text="The share that it has come to: 0 to 1; null: not known.")
    can_undo = serializers.SerializerMethodField(help_text="It has ended, and some of it may be taken back.")

    class Meta:
        model = Operation
        fields = (
            *("id", "kind", "schedule", "begins_at", "until", "only_missed", "per_minute", "total", "done", "reason"),
            *("created_at", "created_by", "ended_at", "outcome", "why", "action", "filter", "arguments", "left_alone"),
            *("progress", "undoes", "can_undo"),
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=ACTION_NAMES, allow_null=True))
    def get_action(self, operation: Operation) -> str | None:
        return action_of(operation).name if operation.kind == Operation.Kind.JOBS else None

    def get_filter(self, operation: Operation) -> str | None:
        row = (operation.undoes or operation).wanted
        return None if row is None or THESE in row else address_of(row)

    def get_left_alone(self, operation: Operation) -> dict[str, int]:
        return dict(operation.refused)

    def get_progress(self, operation: Operation) -> float | None:
        if operation.ended_at is not None:
            return 1.0
        return min((operation.done + operation.left_alone) / operation.total, 1.0) if operation.total else None

    def get_can_undo(self, operation: Operation) -> bool:
        is_of_jobs = operation.kind == Operation.Kind.JOBS
        return is_of_jobs and operation.ended_at is not None and operation.done > 0 and can_be_undone(operation)


class CountedOperationSerializer(serializers.Serializer[Any]):
    """Count of the jobs that it would touch and of those that it would leave, by why; and it, once it has begun."""

    jobs = serializers.IntegerField()
    left_alone = serializers.DictField(child=serializers.IntegerField())
    looked_at = serializers.IntegerField(allow_null=True, help_text="So many of the newest were counted; null: all.")
    operation = OperationSerializer(allow_null=True)
