"""Forms that ask why, until when, and what instead."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from jobs import rules
from jobs.admin.theme import dress
from jobs.web import parsing
from jobs.web.fields import MomentInput, PayloadField
from jobs.web.parsing import Unreadable


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


class ZonedForm(WhyForm):
    """Form with moments, each of the zone beside them."""

    time_zone = forms.CharField(
        label="Of the zone", initial="UTC", help_text="UTC or a name like Europe/Berlin.", max_length=64
    )

    def read_zone(self) -> ZoneInfo | None:
        """Return the zone; None where it cannot be read, which its field says."""
        try:
            return parsing.zone(self.cleaned_data.get("time_zone") or "")
        except Unreadable as error:
            if "time_zone" not in self.errors:
                self.add_error("time_zone", str(error))
            return None

    def read_moment(self, field: str, zone: ZoneInfo, *, missing: str) -> datetime | None:
        """Return what a field means; None where it cannot be read, which the field says, and where nothing stands in
        it: that is wrong if there is a sentence for it."""
        text = (self.cleaned_data.get(field) or "").strip()
        if not text:
            if missing:
                self.add_error(field, missing)
            return None
        try:
            return parsing.chosen(text, zone)
        except Unreadable as error:
            self.add_error(field, str(error))
            return None


class MomentForm(ZonedForm):
    """Form that also wants a moment, `moment` after `is_valid()`. `now` is the database's clock."""

    at = forms.CharField(required=False, widget=MomentInput(attrs={"step": "1"}))

    field_order = ("at", "time_zone")
    missing = "Choose a date and time."
    moment: datetime | None = None

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now

    def clean(self) -> dict[str, Any]:
        zone = self.read_zone()
        if zone is not None:
            self.moment = self.read_moment("at", zone, missing=self.missing)
        if self.moment is not None and (problems := rules.run_at_problems(self.moment, self._now, needed=True)):
            self.add_error("at", ValidationError(problems))
        return self.cleaned_data


class PauseForm(MomentForm):
    missing = ""

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
