"""The one list of a new job's fields, and what is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pydantic
import pytest
from django.core.exceptions import ValidationError

from jobs import rules
from jobs.api.batches import CallbackSerializer
from jobs.api.serializers import JobSerializer, NewJobSerializer
from jobs.api.triggers import ShownTriggerSerializer, TriggerSerializer
from jobs.models import Job, Trigger
from jobs.web import forms

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_each_field_is_described_for_people() -> None:
    for asked in rules.ASKED.values():
        assert asked.help.endswith("."), asked.name
        assert asked.label, asked.name


def test_each_field_has_a_place_in_the_row() -> None:
    columns = {field.attname for field in Job._meta.concrete_fields}
    written = rules.NewJob("demo.noop", {}, NOW).columns()
    assert set(written) <= columns
    assert set(rules.ASKED) - set(written) == {"calendar", "waits_for"}, "an id, and rows of another table"


@pytest.fixture
def colour(monkeypatch: pytest.MonkeyPatch) -> str:
    """A field more."""
    asked = replace(rules.ASKED["key_limit"], name="colour", label="Its colour", help="Which colour it has.")
    monkeypatch.setitem(rules.ASKED, "colour", asked)  # type: ignore[misc]
    return "colour"


def test_a_field_more_is_in_each_body_and_in_the_form(colour: str) -> None:
    for serializer in (NewJobSerializer(), CallbackSerializer()):
        field = serializer.fields[colour]
        assert (field.help_text, field.default, field.required) == ("Which colour it has.", 1, False)
    typed = forms._fields()[colour]
    assert (typed.label, typed.help_text, typed.initial) == ("Its colour", "Which colour it has.", 1)


def test_a_trigger_has_those_that_it_has_columns_for(colour: str) -> None:
    columns = {field.name for field in Trigger._meta.concrete_fields}
    own = {"caller_arguments", "enabled"}
    assert set(TriggerSerializer().fields) == ({*rules.ASKED, *own} & columns) - {"name"}
    assert set(ShownTriggerSerializer().fields) == {*rules.ASKED, *own, "created_at"} & columns


def test_whatever_was_asked_for_is_shown() -> None:
    assert set(rules.ASKED) - set(JobSerializer().fields) == {"waits_for"}, "with the story of the job"


def test_a_program_may_go_past_the_rules_but_not_past_the_types() -> None:
    assert rules.NewJob("no.such", {}, NOW - timedelta(days=1), queue="not a queue", key_limit=0).key_limit == 0
    for wrong in ({"key_limit": "many"}, {"retry_on": 5}, {"name": None}):
        with pytest.raises(pydantic.ValidationError):
            rules.NewJob("demo.noop", {}, NOW, **wrong)  # type: ignore[arg-type]
    with pytest.raises(pydantic.ValidationError):
        rules.NewJob("demo.noop", {}, NOW, colour="red")  # type: ignore[call-arg]


def problems(**asked: object) -> Mapping[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        rules.check_new_job(**{"target": "demo.noop", "payload": {}, "run_at": None, "now": NOW, **asked})  # type: ignore[arg-type]
    return refused.value.message_dict


def test_what_no_field_is_named_is_refused() -> None:
    assert list(problems(colour="red")) == ["colour"]


def test_values_of_a_wrong_type_are_refused_by_name() -> None:
    assert list(problems(key_limit="many", retry_on=5, rerunnable=None)) == ["rerunnable", "retry_on", "key_limit"], (
        "and not that max_attempts does not fit"
    )


def test_a_programs_job_is_judged_by_the_same_rules() -> None:
    new = rules.checked(rules.NewJob("demo.noop", {}, NOW - timedelta(seconds=1), waits_for=(3, 1, 3)), now=NOW)
    assert (new.run_at, new.asked_at, new.waits_for) == (NOW, NOW - timedelta(seconds=1), (1, 3))
    with pytest.raises(ValidationError, match="1 to 1000 jobs may run at a time"):
        rules.checked(rules.NewJob("demo.noop", {}, NOW, key_limit=0), now=NOW)
