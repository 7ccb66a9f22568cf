"""The form for a new job. It reads text; jobs/rules/ judges."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.text import Truncator

from jobs import blackouts, rules, targets
from jobs.models import Job
from jobs.rights import reach_of
from jobs.rights.telling import seen_job
from jobs.rules.rights import rights_problems
from jobs.targets.sentences import is_of
from jobs.transitions.dependencies import block
from jobs.web import arguments, parsing, whens
from jobs.web.arguments import PREFIX
from jobs.web.fields import calendar_choices, field_of, startable

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

NEEDED = ("target", "queue")
FIRST = ("target", "payload", "run_at", "time_zone", "queue", "name")
# The others, by what they do. A field that is in none of these stands under the last.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "If its time is missed": ("start_within", "if_late"),
    "If it fails, or takes long": ("rerunnable", "max_attempts", "retry_on", "deadline"),
    "Not together with others": ("key", "key_limit", "overlap"),
    "Only at certain hours": ("calendar", "blackout"),
    "After other jobs": ("waits_for", "waits_for_end"),
    "How it is found": ("labels",),
}
LAST = "How it is found"
LONGEST_ID = 20  # digits, and one more
SUMMARY = 70  # characters of a target's, where targets are chosen
LIKE = "like"  # the job after which this one is made
ARGUMENTS_OF = "arguments_of"  # the target whose arguments have fields of their own in the form that was sent
ASKS_FOR_ARGUMENTS = {"hx-target": "#arguments", "hx-swap": "outerHTML", "autocomplete": "off"}  # when it is changed
OTHER_TARGET = "The target is another one now. These are its arguments: look at them, then create the job."


def _fields() -> dict[str, forms.Field]:
    """Return the fields of NewJob, and the zone of the time."""
    fields = {name: field_of(asked, needed=name in NEEDED) for name, asked in rules.ASKED.items()}
    fields["payload"].label = "Arguments, as JSON"
    fields["run_at"] = forms.CharField(
        required=False,
        label="When",
        initial="in 1 minute",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "now"}),
        help_text="now, in 10 minutes, in 2 h, tomorrow 09:00, 2026-12-24 18:00. Empty: now, at once.",
    )
    fields["time_zone"] = forms.CharField(
        initial="UTC",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "list": "zones"}),
        help_text="UTC or a name like Europe/Berlin.",
    )
    return {name: fields[name] for name in (*FIRST, *(name for name in fields if name not in FIRST))}


def _said(target: targets.Target) -> str:
    return f"{target.name}: {Truncator(target.summary).chars(SUMMARY)}"


@dataclass(frozen=True)
class Group:
    """Fields that do one thing together. They are shown where one of them is used, or wrong."""

    title: str
    fields: list[forms.BoundField]
    is_open: bool


class JobForm(forms.Form):
    """Form for a new job. After `is_valid()`, `new_job` is the job to create. `now` is the database's clock.

    The arguments have a field each, where they are of a target that is chosen and none of them needs JSON; else, or if
    it is to be `as_json`, they are one text. A form that was sent says itself which it had.
    """

    is_new = True
    new_job: rules.NewJob
    by: AbstractBaseUser | None = None  # who asks

    def __init__(
        self, *args: Any, now: datetime, by: AbstractBaseUser | None = None, as_json: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        self.by = by or self.by
        reach = reach_of(self.by)
        # Not a ChoiceField: as the target. Asked for when it is shown, and once.
        shown = forms.Select(choices=cache(partial(calendar_choices, reach)))  # type: ignore[arg-type] # it may be callable
        self.fields["calendar"].widget = shown
        known = [targets.find(name) for name in startable(reach)]
        # Not a ChoiceField: the rules say what an unknown target is, with a near name.
        self.fields["target"].widget = forms.Select(
            choices=[("", "choose one"), *((t.name, _said(t)) for t in known)],
            attrs=ASKS_FOR_ARGUMENTS | {"hx-post": reverse("new-job-arguments")},
        )
        self.typed: dict[str, arguments.Argument] | None = None
        if self.is_bound:
            self.typed = arguments.fields_of(self.data.get(ARGUMENTS_OF, ""))
        elif not as_json:
            self.typed = self._typed_at_first()
        if self.typed is not None:
            del self.fields["payload"]
            self.fields |= {PREFIX + name: field for name, field in self.typed.items()}

    def _typed_at_first(self) -> dict[str, arguments.Argument] | None:
        """Return the fields for the arguments of a form that nobody has sent, filled; None where they are JSON."""
        fields = arguments.fields_of(self.initial.get("target", ""))
        if fields is None:
            return None
        try:
            texts, left = arguments.shown(parsing.json_value(self.initial.get("payload") or "{}"), fields)
        except parsing.Unreadable:
            return None
        for name, text in texts.items():
            self.initial[PREFIX + name] = text
        return None if left else fields

    # --- how it is shown ---

    @property
    def chosen(self) -> str:
        """The target that is chosen; empty at first."""
        return str(self["target"].value() or "")

    @property
    def docstring(self) -> str:
        return arguments.docstring(self.chosen)

    @property
    def can_be_typed(self) -> bool:
        """Is true where the arguments of the chosen target could have fields of their own."""
        return arguments.fields_of(self.chosen) is not None

    def argument_fields(self) -> list[forms.BoundField]:
        """Return the fields of the arguments."""
        return [self["payload"]] if self.typed is None else [self[PREFIX + name] for name in self.typed]

    def groups(self) -> list[Group]:
        """Return all fields that not every job wants, by what they do."""
        left = [name for name in self.fields if name not in FIRST and not name.startswith(PREFIX)]
        named = {name for names in GROUPS.values() for name in names}
        found = []
        for title, names in GROUPS.items():
            here = [name for name in left if name in names or (title == LAST and name not in named)]
            if here:
                found.append(Group(title, [self[name] for name in here], any(map(self._is_used, here))))
        return found

    def _is_used(self, name: str) -> bool:
        if self.is_bound:
            return name in self.errors or (name in self.data and name in self.changed_data)
        return self.initial.get(name) not in (None, "", False, self.fields[name].initial)

    def wrong(self) -> list[forms.BoundField]:
        """Return the fields that are wrong, for the line above the form that leads to them."""
        return [field for field in self._in_order() if field.errors]

    def _in_order(self) -> list[forms.BoundField]:
        first = [self["target"], *self.argument_fields()]
        known = {field.name for field in first}
        return [*first, *(field for field in self if field.name not in known)]

    def understood(self) -> str:
        """Say which moment was understood; empty where none was."""
        text = str(self["run_at"].value() or "")
        try:
            zone = parsing.zone(str(self["time_zone"].value() or ""))
            return whens.understood(whens.moment(text, now=self._now, zone=zone), self._now)
        except parsing.Unreadable:
            return ""

    @property
    def like(self) -> str:
        """The id of the job after which this one is made; empty for none."""
        return str((self.data if self.is_bound else self.initial).get(LIKE, ""))

    def model(self) -> Job | None:
        """Return the job after which this one is made, if whoever asks sees it: what the form does not show of its
        arguments stays as it is there."""
        like = self.like
        if not (like.isascii() and like.isdecimal() and len(like) < LONGEST_ID):
            return None
        return seen_job(int(like), reach_of(self.by))

    # --- what was given ---

    def clean_time_zone(self) -> ZoneInfo:
        try:
            return parsing.zone(self.cleaned_data["time_zone"])
        except parsing.Unreadable as error:
            raise ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        zone = cleaned.get("time_zone", ZoneInfo("UTC"))  # one that nobody knows is named at its own field
        try:
            if "run_at" in cleaned:
                cleaned["run_at"] = whens.moment(cleaned["run_at"], now=self._now, zone=zone)
        except parsing.Unreadable as error:
            self.add_error("run_at", str(error))
        if self.typed is not None:
            self._gather(cleaned, self.typed)
        self._judge(cleaned)
        return cleaned

    def _gather(self, cleaned: dict[str, Any], typed: Mapping[str, arguments.Argument]) -> None:
        """Make the payload of the arguments that have fields of their own, unless one of them cannot be read."""
        if self.data.get(ARGUMENTS_OF) != cleaned.get("target"):
            if "target" in cleaned:
                self.add_error("target", OTHER_TARGET)
            return
        given = {name: cleaned.get(PREFIX + name, arguments.ABSENT) for name in typed}
        if all(PREFIX + name in cleaned for name in typed):
            cleaned["payload"] = {name: value for name, value in given.items() if value is not arguments.ABSENT}

    def _judge(self, cleaned: dict[str, Any]) -> None:
        """Judge what can be read, also of a form that cannot be read as a whole: one answer names all that is wrong."""
        readable = {name: cleaned[name] for name in rules.ASKED if name in cleaned}
        if "payload" in readable and (model := self.model()) is not None and model.target == readable.get("target"):
            readable["payload"] = targets.kept(model.target, readable["payload"], model.payload)
        if "time_zone" in self.errors:
            readable.pop("run_at", None)  # nobody knows which moment is meant
        stand_ins = {"target": "", "payload": {}, "run_at": self._now, "max_attempts": 1}
        try:
            known = blackouts.Calendars(reach_of(self.by))
            self.new_job = rules.check_new_job(**{**stand_ins, **readable}, now=self._now, calendars=known)
        except ValidationError as error:
            self.blame(error, readable)
        else:
            for problem in block.problems(self.new_job.waits_for, self.by):
                self.add_error("waits_for", problem)
            for name, sentences in rights_problems(self.new_job, self.by).items():
                self.add_error(name, list(sentences))

    def blame(self, error: ValidationError, readable: Container[str]) -> None:
        """Put what is wrong beside its field, of those that could be read; what has no field above all."""
        for name, problems in error.error_dict.items():
            if name == "payload" and self.typed is not None and name in readable:
                self._blame_arguments(error.message_dict[name], self.typed)
            elif name in readable:
                self.add_error(name, problems)

    def _blame_arguments(self, problems: list[str], typed: Mapping[str, arguments.Argument]) -> None:
        """Put what is wrong with the arguments beside their fields; what is wrong with several together above all."""
        for problem in problems:
            whose = next((name for name in typed if is_of(problem, name)), None)
            self.add_error(None if whose is None else PREFIX + whose, problem)


JobForm.declared_fields = JobForm.base_fields = _fields()  # as if they stood in the class; heirs have them, too
