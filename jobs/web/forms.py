"""The form for a new job, for the page and the admin. It reads text; jobs/rules/ judges."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from jobs import rules, targets
from jobs.models import Calendar
from jobs.rules.judging import Bounds, Choice, Many, Names
from jobs.rules.rights import overlap_problems
from jobs.transitions.dependencies import block
from jobs.web import parsing

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

# The first fields of the form, in this order; the others follow as NewJob lists them.
WANTED = ("name", "target", "payload", "queue", "run_at", "time_zone")
NEEDED = ("target", "queue")
FIRST = (*WANTED, "rerunnable", "max_attempts", "retry_on", "start_within", "if_late")


class MomentInput(forms.DateTimeInput):
    """The browser's own picker. It wants the T, and keeps what was typed."""

    input_type = "datetime-local"


class WholeField(forms.IntegerField):
    """A whole number; none is the default."""

    def clean(self, value: Any) -> int | None:
        given: int | None = super().clean(value)
        return self.initial if given is None else given


class WordField(forms.ChoiceField):
    """Field for one of some words; nothing chosen is the default."""

    def clean(self, value: Any) -> str:
        given: str = super().clean(value)
        return given or str(self.initial)


class ListField(forms.CharField):
    """Field for words with commas between them, or with `between`."""

    def __init__(self, *, item: Callable[[str], Any] = str.strip, between: str = ",", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._item, self._between = item, between

    def clean(self, value: Any) -> list[Any]:
        try:
            return [self._item(word) for word in super().clean(value).split(self._between) if word.strip()]
        except parsing.Unreadable as error:
            raise ValidationError(str(error)) from None


class PayloadField(forms.CharField):
    """Field for JSON; nothing is an empty object."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "code"})

    def clean(self, value: Any) -> Any:
        try:
            return parsing.json_value(super().clean(value) or "{}")
        except parsing.Unreadable as error:
            raise ValidationError(str(error)) from None


class LabelsField(forms.CharField):
    """Field for labels, one a line."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "code"})

    def clean(self, value: Any) -> dict[str, str]:
        labels: dict[str, str] = {}
        for line in super().clean(value).splitlines():
            if not line.strip():
                continue
            try:
                key, text = (part.strip() for part in parsing.label(line))
            except parsing.Unreadable as error:
                raise ValidationError(str(error)) from None
            if key in labels:
                raise ValidationError(f"'{key[:100]}' is there twice; leave one of its lines out.")
            labels[key] = text
        return labels


def labels_text(labels: Mapping[str, str]) -> str:
    """Return labels as their field has them."""
    return "\n".join(f"{key}: {text}" for key, text in sorted(labels.items()))


# Of what has no rule that says how it is read: its field, and what that has of its own.
READERS: Mapping[Any, tuple[type[forms.Field], Mapping[str, str]]] = {
    bool: (forms.BooleanField, {}),
    dict[str, Any]: (PayloadField, {"initial": "{}"}),
    dict[str, str]: (LabelsField, {"help_text": "What it can be found by, one a line, such as team: payroll."}),
}


def field_of(asked: rules.Asked, *, needed: bool) -> forms.Field:
    """Return the field that reads this one of a list of what can be asked for."""
    help_text = f"{asked.help} Empty: {asked.absent.means}." if asked.absent else asked.help
    known: dict[str, Any] = {"label": asked.label, "required": needed, "help_text": help_text}
    if asked.default not in (dataclasses.MISSING, (), {}):
        known["initial"] = asked.default
    if isinstance(asked.rule, Bounds):
        return WholeField(error_messages={"invalid": asked.rule.not_whole}, **known)
    if isinstance(asked.rule, Choice):
        return WordField(choices=asked.rule.of.choices, **{**known, "help_text": ""})
    if isinstance(asked.rule, Names):  # in which there may be commas
        lines = forms.Textarea(attrs={"rows": 2})
        return ListField(between="\n", widget=lines, **{**known, "help_text": f"{help_text} One in each line."})
    if isinstance(asked.rule, Many):
        return ListField(item=parsing.whole if asked.type == tuple[int, ...] else str.strip, **known)
    field, own = READERS.get(asked.type, (forms.CharField, {}))
    return field(**{**known, **own})


def _fields() -> dict[str, forms.Field]:
    """Return the fields of NewJob, and the zone of the time."""
    fields = {name: field_of(asked, needed=name in NEEDED) for name, asked in rules.ASKED.items()}
    fields["run_at"] = forms.CharField(
        required=False, label="Run at", widget=MomentInput(attrs={"step": "1"}), help_text="Empty: now, at once."
    )
    fields["time_zone"] = forms.CharField(
        initial="UTC", help_text="The zone of the time above: UTC or a name like Europe/Berlin."
    )
    return {name: fields[name] for name in (*FIRST, *(name for name in fields if name not in FIRST))}


def calendar_choices() -> list[tuple[str, str]]:
    """Return the calendars to choose from, and none."""
    return [("", "none"), *((name, name) for name in Calendar.objects.values_list("name", flat=True))]


class JobForm(forms.Form):
    """Form for a new job. After `is_valid()`, `new_job` is the job to create. `now` is the database's clock."""

    new_job: rules.NewJob
    by: AbstractBaseUser | None = None  # who asks

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        in_a_minute = (now + timedelta(minutes=1)).replace(microsecond=0, tzinfo=None)
        self.fields["run_at"].initial = in_a_minute.isoformat()
        # Not a ChoiceField: as the target. Asked for when it is shown, and once.
        shown = forms.Select(choices=cache(calendar_choices))  # type: ignore[arg-type] # which may be a callable
        self.fields["calendar"].widget = shown
        known = [targets.find(name) for name in targets.names()]
        # Not a ChoiceField: the rules say what an unknown target is, with a near name.
        self.fields["target"].widget = forms.Select(
            choices=[("", "choose one"), *((t.name, f"{t.name} ({t.usage()})") for t in known)]
        )
        self.fields["target"].help_text = "\n".join(f"{t.name}: {t.summary}" for t in known)

    def what_and_when(self) -> list[forms.BoundField]:
        """Return the fields that every job wants."""
        return [field for field in self if field.name in WANTED]

    def policies(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in WANTED]

    def has_policies(self) -> bool:
        """Return whether any policy was given, or is wrong: then they are shown."""
        return any(field.errors or field.name in self.changed_data for field in self.policies())

    def clean_run_at(self) -> datetime | None:
        text = self.cleaned_data["run_at"].strip()
        if text in ("", parsing.NOW):
            return None
        try:
            return parsing.moment(text)
        except parsing.Unreadable:
            raise ValidationError(parsing.NO_MOMENT) from None

    def clean_time_zone(self) -> ZoneInfo:
        try:
            return parsing.zone(self.cleaned_data["time_zone"])
        except parsing.Unreadable as error:
            raise ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        try:
            run_at = cleaned.get("run_at")
            if run_at is not None and "time_zone" in cleaned and run_at.tzinfo is None:
                cleaned["run_at"] = parsing.in_zone(run_at, cleaned["time_zone"])
        except parsing.Unreadable as error:
            self.add_error("run_at", str(error))
        self._judge(cleaned)
        return cleaned

    def _judge(self, cleaned: dict[str, Any]) -> None:
        """Judge what can be read, also of a form that cannot be read as a whole: one answer names all that is wrong."""
        readable = {name: cleaned[name] for name in rules.ASKED if name in cleaned}
        if "time_zone" in self.errors:
            readable.pop("run_at", None)  # nobody knows which moment is meant
        stand_ins = {"target": "", "payload": {}, "run_at": self._now, "max_attempts": 1}
        try:
            self.new_job = rules.check_new_job(**{**stand_ins, **readable}, now=self._now)
        except ValidationError as error:
            for name, problems in error.error_dict.items():
                if name in readable:
                    self.add_error(name, problems)
        else:
            for problem in block.problems(self.new_job.waits_for, self.by):
                self.add_error("waits_for", problem)
            for problem in overlap_problems(self.new_job.overlap, self.by):
                self.add_error("overlap", problem)


JobForm.declared_fields = JobForm.base_fields = _fields()  # as if they stood in the class; heirs have them, too
