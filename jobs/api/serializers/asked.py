"""What callers send about jobs, to Python types. What is a good job is not said here but in jobs/rules/."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from jobs import rules
from jobs.api.fields import ListOf, MomentField, PayloadField, StartField, Strict, TextField
from jobs.api.waiting import AwaitedField, JobIdsField
from jobs.models.job import DEFAULT_QUEUE
from jobs.rules.problems import JUST_NOW, MOST_KINDS
from jobs.states import Blackout, IfLate, Overlap

MOST_IN_BULK = 1000  # jobs in a request


class NewJobSerializer(Strict):
    """What a job is created from."""

    target = TextField(help_text="The registered name of what is called.")
    run_at = StartField(
        help_text='When it starts: RFC 3339. Left out or "now": at once, as is a time that has passed '
        f"by no more than {JUST_NOW.seconds} s."
    )
    payload = PayloadField(default=dict, allow_null=True, help_text="The target's arguments, a JSON object.")
    name = TextField(default="", help_text="For people; need not be unique.")
    queue = TextField(default=DEFAULT_QUEUE, help_text="Which workers may take it.")
    rerunnable = serializers.BooleanField(
        default=False,
        error_messages={"invalid": "This is neither true nor false; give one of them."},
        help_text="Running it twice does no harm: when its worker vanishes after the start it is started again.",
    )
    max_attempts = serializers.IntegerField(
        default=1,
        error_messages={
            "invalid": "This is not a whole number; give 1, or 2 to 100 for a rerunnable job.",
            "max_string_length": "This number is too long; give 1, or 2 to 100 for a rerunnable job.",
        },
        help_text="How many starts a rerunnable job may have, the first included: 2 to 100. 1 for all others.",
    )
    retry_on = ListOf(
        child=TextField(),
        most=MOST_KINDS,
        error_messages={"too_many": "These are {count} kinds of ends; {most} at most: 'failure' is all failures."},
        default=list,
        help_text="After which ends a rerunnable job starts again: failure (any), unknown (sent, not answered), "
        "unsent, a status such as 503 or 5xx, the name of a Python exception.",
    )
    start_within = serializers.IntegerField(
        default=None,
        allow_null=True,
        error_messages={
            "invalid": "This is not a whole number of seconds; give one, or nothing.",
            "max_string_length": "This number is too long; give a number of seconds, or nothing.",
        },
        help_text="How many seconds after its time it may still start; see if_late. Null: however late.",
    )
    deadline = serializers.IntegerField(
        default=None,
        allow_null=True,
        error_messages={
            "invalid": "This is not a whole number of seconds; give one, or nothing.",
            "max_string_length": "This number is too long; give a number of seconds, or nothing.",
        },
        help_text="How many seconds it may take; then it fails. Null: however long.",
    )
    if_late = TextField(default=IfLate.SKIP, help_text="What becomes of one that is later: skip, or hold for a person.")
    key = TextField(default=None, allow_null=True, help_text="Jobs of one key do not run together. Null: none.")
    key_limit = serializers.IntegerField(
        default=1,
        error_messages={
            "invalid": "This is not a whole number; give 1 to 1000.",
            "max_string_length": "This number is too long; give 1 to 1000.",
        },
        help_text="How many of its key may run at a time.",
    )
    overlap = TextField(
        default=Overlap.QUEUE,
        help_text="What becomes of it when that many of its key run at its time: "
        + "; ".join(f"{choice.value}: {choice.label}" for choice in Overlap)
        + ".",
    )
    calendar = TextField(default=None, allow_null=True, help_text="Its name: when it may start. Null: at any time.")
    blackout = TextField(
        default=Blackout.NEXT, help_text="If that is closed at its time: skip, earlier or next (opening)."
    )
    waits_for = JobIdsField()
    waits_for_end = AwaitedField()


class JobsField(ListOf):
    """Jobs that are created together."""

    def __init__(self, **kwargs: Any) -> None:
        messages = {"not_a_list": "This must be a list of jobs, each an object.", **kwargs.pop("error_messages")}
        super().__init__(**{"child": NewJobSerializer(), "allow_empty": False, "error_messages": messages, **kwargs})

    def run_child_validation(self, data: list[Any]) -> list[Any]:
        waits = [job.get("waits_for") for job in data if isinstance(job, dict)]
        problems = rules.pairs_problems(sum(len(ids) for ids in waits if isinstance(ids, list)))
        if problems:
            raise serializers.ValidationError(problems)
        return super().run_child_validation(data)


class NewJobsSerializer(Strict):
    """A bulk request."""

    jobs = JobsField(
        most=MOST_IN_BULK,
        error_messages={
            "none": f"There is no job in the list; give 1 to {MOST_IN_BULK:,}.",
            "too_many": f"These are too many; give 1 to {MOST_IN_BULK:,} in a request.",
        },
        help_text="Created together, or none of them.",
    )


class CreatedJobsSerializer(serializers.Serializer[Any]):
    ids = serializers.ListField(child=serializers.IntegerField(), help_text="In the order of the request.")


class RescheduleSerializer(Strict):
    run_at = MomentField(help_text="The new time: ISO 8601 with a zone.")


class CancelSerializer(Strict):
    reason = TextField(default="", help_text="Why, for those who look at the job later.")


class RetrySerializer(Strict):
    reason = TextField(default="", help_text="Why it may start again; required for an interrupted job.")


class ApproveSerializer(Strict):
    reason = TextField(default="", help_text="What you have seen to, for those who look at the job later.")


class ConfirmSerializer(Strict):
    reason = TextField(help_text="How you know, for those who look at the job later.")


class NothingSerializer(Strict):
    """The body of a verb that needs none."""
