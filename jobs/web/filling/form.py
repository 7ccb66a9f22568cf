"""The form that is made of a definition. It reads text; jobs/transitions/forms/ judges."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from jobs import rules
from jobs.calendars import zones
from jobs.models import Form
from jobs.targets.sentences import about, is_of
from jobs.transitions import given
from jobs.transitions.forms import AskedLink, Chosen, FreeField, free_fields, judged
from jobs.web import whens
from jobs.web.arguments import (
    ABSENT,
    PREFIX,
    YES_NO,
    Argument,
    LinesArgument,
    NumberArgument,
    WordArgument,
)
from jobs.web.parsing import Unreadable

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

ONCE = re.compile(r"[0-9a-f]{32}")
# What is fixed is told to nobody who fills it in, also where it is wrong.
UNFIT = (
    "What is filled in does not fit together, or the form does not fit what it starts any more; nothing was noted. Ask "
    "whoever has given it to you."
)

TELLABLE = (given.REFERS.format(**given.FORM),)  # what was filled in is at fault


class DateArgument(Argument):
    """Field for a day."""

    widget = forms.DateInput(attrs={"type": "date"})

    def read(self, text: str) -> Any:
        try:
            return date.fromisoformat(text.strip()).isoformat()
        except ValueError:
            raise ValidationError("This is not a date; write it like 2026-12-24.") from None


def field_for(free: FreeField) -> Argument:
    """Return the field that reads this one of a definition."""
    known: dict[str, Any] = {"label": free.label, "help_text": f"{'Needed. ' * free.required}{free.help}".strip()}
    if free.is_secret:
        return Argument(widget=forms.PasswordInput(attrs={"autocomplete": "off"}), **known)
    if free.kind == "number":
        return NumberArgument(**known)
    if free.kind == "yes_no":
        return WordArgument(values=YES_NO, **known)
    if free.kind == "choice":
        return WordArgument(values={str(choice): choice for choice in free.choices}, **known)
    if free.kind == "text":
        return Argument(widget=forms.TextInput, **known)
    kinds = {"date": DateArgument, "lines": LinesArgument}
    return kinds.get(free.kind, Argument)(**known)


class FilledForm(forms.Form):
    """Form of this definition. After `is_valid()`, `new_job` is the job to create."""

    once = forms.CharField(required=False, widget=forms.HiddenInput)
    new_job: rules.NewJob

    def __init__(self, *args: Any, definition: Form, by: AbstractBaseUser | None, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._definition, self._by, self._now = definition, by, now
        self._free = free_fields(definition)
        self.initial["once"] = uuid4().hex
        for free in self._free:
            field = self.fields[PREFIX + free.name] = field_for(free)
            if free.default is not None and not free.is_secret:
                self.initial[PREFIX + free.name] = field.shown(free.default)
        if definition.when == Form.When.CHOSEN:
            self.fields["run_at"] = forms.CharField(
                required=False,
                label="When",
                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
                help_text="in 10 minutes, tomorrow 09:00, 2026-12-24 18:00; a time without a zone is of "
                f"{definition.time_zone}. Empty: as soon as may be.",
            )

    def shown_fields(self) -> list[forms.BoundField]:
        """Return the fields that people see."""
        return [field for field in self if not field.is_hidden]

    def wrong(self) -> list[forms.BoundField]:
        """Return the fields that are wrong, for the line above the form that leads to them."""
        return [field for field in self if field.errors]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        chosen = Chosen()
        try:
            if text := cleaned.get("run_at"):
                at = whens.moment(text, now=self._now, zone=self._zone())
                chosen = Chosen(at, from_now=whens.is_from_now(text))
        except Unreadable as error:
            self.add_error("run_at", str(error))
        if not self.errors:
            self._judge(cleaned, chosen)
        return cleaned

    def _zone(self) -> ZoneInfo:
        name = self._definition.time_zone
        return ZoneInfo("UTC") if zones.problems(name) else zones.find(name)

    def _judge(self, cleaned: dict[str, Any], chosen: Chosen) -> None:
        values = {free.name: cleaned[PREFIX + free.name] for free in self._free}
        once = cleaned["once"] if ONCE.fullmatch(cleaned["once"]) else uuid4().hex
        try:
            filled = {name: value for name, value in values.items() if value is not ABSENT}
            self.new_job = judged(self._definition, filled, chosen=chosen, once=once, by=self._by, now=self._now)
        except ValidationError as error:
            for name, problems in error.message_dict.items():
                for problem in problems:
                    self._blame(name, problem)

    def _blame(self, name: str, problem: str) -> None:
        """Put what is wrong beside its field; what is none of whoever fills it in above all, without what it says."""
        if name == "run_at" and name in self.fields:
            self.add_error(name, problem)
            return
        whose = next((free.name for free in self._free if name == "payload" and is_of(problem, free.name)), None)
        if whose is not None and problem.startswith(about(whose, "not known", "")):
            whose = None  # the target has lost it, and says what it takes
        if whose is not None:
            self.add_error(PREFIX + whose, problem)
        elif problem in TELLABLE:
            self.add_error(None, problem)
        elif UNFIT not in self.non_field_errors():
            self.add_error(None, UNFIT)


class LinkForm(forms.Form):
    """Form for a new link. After `is_valid()`, `asked` is what to make."""

    name = forms.CharField(label="For whom", max_length=100, help_text="Who gets it.")
    days = forms.IntegerField(label="Lives for (days)", initial=30, help_text="1 to 366.")
    most_uses = forms.IntegerField(label="Uses in all", initial=100)
    most_of_day = forms.IntegerField(label="Uses on one day", initial=10, help_text="A day in UTC.")

    @property
    def asked(self) -> AskedLink:
        return AskedLink(**self.cleaned_data)
