"""Serializers of what callers send about jobs, to Python types. jobs/rules/ says what is a good job."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from jobs import rules
from jobs.api.fields import ListOf, MomentField, StartField, Strict, TextField
from jobs.api.serializers.derived import Field, field_of
from jobs.rules.problems import JUST_NOW
from jobs.transitions.editing import EDITABLE

MOST_IN_BULK = 100_000  # jobs in a request
TOO_MANY = f"These are too many; give 1 to {MOST_IN_BULK:,} in a request."


ANOTHER = "would make it another job: cancel this one and create that."
STAYS = {
    "target": f"The target stays; another one {ANOTHER}",
    "waits_for": f"What a job waits for stays; other jobs {ANOTHER}",
    "waits_for_end": f"What a job waits for stays; another end {ANOTHER}",
}
OF_BULK = {"none": f"There is no job in the list; give 1 to {MOST_IN_BULK:,}.", "too_many": TOO_MANY}


class NewJobSerializer(Strict):
    """Fields that a job is created from: those of NewJob."""

    without: ClassVar[tuple[str, ...]] = ()

    target = field_of("target")
    run_at = StartField(
        help_text='When it starts: RFC 3339. Left out or "now": at once, as is a time that has passed '
        f"by no more than {JUST_NOW.seconds} s."
    )
    payload = field_of("payload", default=dict, allow_null=True)

    def get_fields(self) -> dict[str, Field]:
        own = super().get_fields()
        others = {name: field_of(name) for name in rules.ASKED if name not in (*own, *self.without)}
        return {**own, **others}


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
        error_messages=OF_BULK,
        help_text="Created together, or none of them.",
    )


class UnreadJobsField(JobsField):
    """Jobs that somebody else reads, one by one."""

    def run_child_validation(self, data: list[Any]) -> list[Any]:
        return data


class UnreadJobsSerializer(NewJobsSerializer):
    """A bulk request, its jobs as they were sent."""

    jobs = UnreadJobsField(most=MOST_IN_BULK, error_messages=OF_BULK)


class MistakeSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="Such as jobs.17.target: jobs count from 0.")
    message = serializers.CharField()
    pointer = serializers.CharField(
        required=False,
        help_text="Where it stands in the body, such as #/jobs/17/target; lines count as a list of jobs.",
    )


class CreatedJobsSerializer(serializers.Serializer[Any]):
    ids = serializers.ListField(
        child=serializers.IntegerField(allow_null=True),
        help_text="In the order of the request; null for a job that was wrong, with ?partial=true.",
    )
    wrong = serializers.IntegerField(required=False, help_text="How many were wrong; with ?partial=true.")
    errors = MistakeSerializer(  # type: ignore[assignment]  # its own are empty
        many=True, required=False, help_text="The first mistakes; with ?partial=true."
    )


class EditJobSerializer(Strict):
    """Edit of a job that has not started: those of its fields that change, each as a whole."""

    run_at = MomentField(help_text="The new time: ISO 8601 with a zone.")
    reason = TextField(help_text="Why, for those who look at the job later.")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"partial": True, **kwargs})

    def get_fields(self) -> dict[str, Field]:
        own = super().get_fields()
        return {**{name: field_of(name) for name in EDITABLE if name not in own}, **own}

    def to_internal_value(self, data: Any) -> Any:
        if hasattr(data, "keys") and (wrong := {name: why for name, why in STAYS.items() if name in data}):
            raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.keys() - {"reason"}:
            raise serializers.ValidationError(
                {"body": f"This would change nothing; give at least one of {', '.join(EDITABLE)}."}
            )
        return attrs


class CancelSerializer(Strict):
    reason = TextField(default="", help_text="Why, for those who look at the job later.")


class RetrySerializer(Strict):
    reason = TextField(default="", help_text="Why it may start again; required for an interrupted job.")


class ApproveSerializer(Strict):
    version = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        error_messages={"invalid": "This is not a whole number; give the `version` of the job that you have seen."},
        help_text="Of the job that you have seen: one that was edited since stays as it is.",
    )
    reason = TextField(default="", help_text="What you have seen to, for those who look at the job later.")


class ConfirmSerializer(Strict):
    reason = TextField(help_text="How you know, for those who look at the job later.")


class KeepSerializer(Strict):
    reason = TextField(help_text="Why, for those who look at the job later.")


class NothingSerializer(Strict):
    """The body of a verb that needs none."""
