"""The list of jobs: which ones are asked for, by REST and on the page at /jobs/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.http import QueryDict
from rest_framework import serializers

from jobs.api.fields import Strict, TextField
from jobs.api.filters import BoundField, LabelsFilter, SecondsField, StatesField, WordField
from jobs.api.paging import BIGGEST_ID
from jobs.rules.finding import FREE, HELD
from jobs.states import Hold
from jobs.web import filter_text
from jobs.web.filter_text import LONGEST, Pair, Problem

OF_HISTORY = {"history", "state", "queue", "target", "name", "label", "batch", "page_size", "cursor", "format"}


class PageQuery(Strict):
    """Query string of any list: the page, after the filters of each."""

    what = "filter"
    reads_text: ClassVar[bool] = False  # `q` says any filters
    several: ClassVar[tuple[str, ...]] = ()  # filters that may be given more than once

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        return dict(sorted(fields.items(), key=lambda field: field[0] in PageQuery._declared_fields))

    page_size = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=200,
        error_messages={
            "invalid": "This is not a whole number; choose 1 to 200.",
            "max_string_length": "This number is too long; choose 1 to 200.",
            "min_value": "A page has at least 1; choose 1 to 200.",
            "max_value": "A page has at most 200; choose 1 to 200, and follow `next` for more.",
        },
        help_text="How many a page has.",
    )
    cursor = TextField(required=False, help_text="From `next` or `previous` of another page.")
    format = TextField(required=False, help_text="`json`, or `api` for the page of a browser.")


class ListQuery(PageQuery):
    """The query string of the list of jobs. An empty value is no filter."""

    several = ("label",)
    reads_text = True

    state = StatesField(required=False, help_text="By name or number, several separated by commas: pending,running.")
    queue = WordField(required=False, allow_blank=False, help_text="Exactly this queue.")
    target = WordField(required=False, allow_blank=False, help_text="Exactly this target.")
    name = WordField(required=False, allow_blank=False, help_text="Exactly this name.")
    key = WordField(required=False, allow_blank=False, help_text="Exactly this key.")
    label = LabelsFilter()  # type: ignore[assignment] # REST framework takes it away
    team = WordField(
        required=False, allow_blank=False, help_text="Of this team: by its label, or by a queue that it owns."
    )
    worker = WordField(required=False, allow_blank=False, help_text="Whose latest start this worker made.")
    failure = WordField(
        required=False, allow_blank=False, help_text="Whose latest start failed with exactly this fingerprint."
    )
    q = WordField(
        required=False,
        allow_blank=False,
        help_text="An id, or words that are all in name or target; and any filter as text: `queue:pay late:>1s`.",
    )
    later_than = SecondsField(
        required=False,
        help_text="Started more than so many seconds after `run_at`, or due for so long, not started, and not held.",
    )
    held = serializers.ChoiceField(
        required=False,
        choices=[FREE, HELD, *(hold.words for hold in Hold)],
        error_messages={"invalid_choice": f"Give no, any, {', '.join(hold.words for hold in Hold)}."},
        help_text="Pending, and held by this, by anything (`any`) or by nothing (`no`).",
    )
    no_live_worker = serializers.BooleanField(
        required=False,
        error_messages={"invalid": "This is neither true nor false; give one of them."},
        help_text="True: pending in a queue that no living worker takes from, or running on one that no longer lives.",
    )
    batch = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST_ID,
        error_messages={"invalid": "This is not a whole number; give the id of a batch."},
        help_text="Of this batch.",
    )
    id = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST_ID,
        error_messages={"invalid": "This is not a whole number; give the id of a job."},
        help_text="Only this job.",
    )
    run_at_after = BoundField(required=False, help_text="Due at this time or later.")
    run_at_before = BoundField(required=False, help_text="Due before this time.")
    created_at_after = BoundField(required=False, help_text="Created at this time or later.")
    created_at_before = BoundField(required=False, help_text="Created before this time.")
    finished_at_after = BoundField(required=False, help_text="Ended at this time or later.")
    finished_at_before = BoundField(required=False, help_text="Ended before this time.")
    history = serializers.BooleanField(
        required=False,
        error_messages={"invalid": "This is neither true nor false; give one of them."},
        help_text="True: those that are over and have left the table of jobs, the last that ended first; not by time.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        others = [name for name, value in attrs.items() if name not in OF_HISTORY and value is not False]
        if attrs.get("history") and others:
            raise serializers.ValidationError(
                {others[0]: "The history is not listed by this; leave it out, and follow `next` to the time."}
            )
        return attrs


class Unclear(serializers.ValidationError):
    """Refusal of a filter's text, with the places of what is wrong in it."""

    def __init__(self, text: str, problems: Iterable[Problem], others: Mapping[str, Any] | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__({"q": [problem.sentence(text) for problem in self.problems], **(others or {})})


def as_filters(query: QueryDict) -> tuple[QueryDict, tuple[Pair, ...]]:
    """Return the query string with the filters that its text says each by itself, and the places where they stand in
    the text. Raises Unclear."""
    text = query.get("q", "")
    if len(text) > LONGEST:
        why = f"The text has {len(text):,} characters; shorten it to {LONGEST:,}."
        raise Unclear(text, [Problem(LONGEST, LONGEST + 1, why)])
    said = filter_text.read(text)
    beside = [
        Problem(pair.start, pair.end, f"The address says another {pair.name} beside this text; leave one out.")
        for pair in said.pairs
        if pair.name != "q" and pair.name in query and pair.name not in ListQuery.several
    ]
    if problems := [*said.problems, *beside]:
        raise Unclear(text, problems)
    found = query.copy()
    found.pop("q", None)
    for pair in said.pairs:
        found.appendlist(pair.name, pair.value)
    return found, said.pairs


def checked(query: QueryDict, kind: type[PageQuery], now: datetime | None = None) -> Mapping[str, Any]:
    """Return what a query string asks for. Raises ValidationError for a filter that is unknown, wrong or repeated.
    `now` for moments such as `today`: the clock's, where it is left out."""
    repeated = [name for name, values in query.lists() if len(values) > 1 and name not in kind.several]
    if repeated:
        raise serializers.ValidationError(
            dict.fromkeys(repeated, "This is given twice; give it once (states can be separated by commas).")
        )
    text = query.get("q", "")
    said: tuple[Pair, ...] = ()
    if kind.reads_text and text:
        query, said = as_filters(query)
    asked = kind(data=query, context={"now": now})
    if not asked.is_valid():
        raise _placed(asked.errors, text, said)
    wanted: Mapping[str, Any] = asked.validated_data
    return wanted


def _placed(errors: Mapping[str, Any], text: str, said: Iterable[Pair]) -> serializers.ValidationError:
    """Return the refusal, each mistake at its place where the text says what is wrong."""
    places = {pair.name: pair for pair in said}
    problems = [
        Problem(places[name].start, places[name].end, str(why))
        for name, whys in errors.items()
        if name in places
        for why in whys
    ]
    others = {name: whys for name, whys in errors.items() if name not in places}
    return Unclear(text, sorted(problems), others) if problems else serializers.ValidationError(others)
