"""Forms that ask why, until when, and what instead."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from jobs import rules
from jobs.admin.theme import dress
from jobs.web import parsing
from jobs.web.forms import MomentInput, PayloadField
from jobs.web.parsing import Unreadable

NOT_READ = "This is not a date and time up to the year 9999; choose one."


class WhyForm(forms.Form):
    """Form that wants a reason. Its other fields come before it."""

    reason = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For those who look at this schedule later: it stands in the audit.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([name for name in self.fields if name != "reason"])
        dress(self)

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"].strip()
        problems = rules.reason_problems(reason, needed=False) if reason else ["Say why, in a few words."]
        if problems:
            raise ValidationError(problems)
        return reason


class MomentForm(WhyForm):
    """Form that also wants a moment, `moment` after `is_valid()`, of the zone beside it. `now` is the database's
    clock."""

    at = forms.CharField(required=False, widget=MomentInput(attrs={"step": "1"}))
    time_zone = forms.CharField(
        label="Of the zone", initial="UTC", help_text="UTC or a name like Europe/Berlin.", max_length=64
    )

    needed = True
    missing = "Choose a date and time."
    moment: datetime | None = None

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        text = (cleaned.get("at") or "").strip()
        try:
            zone = parsing.zone(cleaned.get("time_zone") or "")
        except Unreadable as error:
            self.add_error("time_zone", str(error))
            return cleaned
        if text:
            self._read(text, zone)
        elif self.needed:
            self.add_error("at", self.missing)
        return cleaned

    def _read(self, text: str, zone: Any) -> None:
        try:
            found = parsing.moment(text)
        except Unreadable:
            self.add_error("at", NOT_READ)
            return
        try:
            self.moment = found if found.tzinfo else parsing.in_zone(found, zone)
        except Unreadable as error:
            self.add_error("at", str(error))
            return
        if problems := rules.run_at_problems(self.moment, self._now):
            self.add_error("at", ValidationError(problems))


class PauseForm(MomentForm):
    needed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].label = "Until"
        self.fields["at"].help_text = "Empty: until somebody resumes it."


class MoveForm(MomentForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].label = "Start it at"


class ArgumentsForm(WhyForm):
    payload = PayloadField(required=False, label="Arguments", help_text="A JSON object, for this one run.")
