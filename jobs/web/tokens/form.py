"""The form for a new token. It reads; jobs/tokens/ judges."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from jobs import targets, tokens
from jobs.models.token import LONGEST_NAME
from jobs.web.fields import ListField

DAYS = (1, 7, 30, 90, 365)
USUAL_DAYS = 90
FOR_EVER = "forever"
ALL = "all"


def lives() -> list[tuple[str, str]]:
    """Return how long a token may live, to choose from."""
    most = tokens.longest()
    days = [day for day in DAYS if most is None or timedelta(days=day) < most]
    choices = [(str(day), "1 day" if day == 1 else f"{day} days") for day in days]
    if most is None:
        return [*choices, (FOR_EVER, "for ever")]
    return [*choices, (f"{most.days}", f"{most.days} days, the most here")]


class TokenForm(forms.Form):
    """Form for a new token of this owner. After `is_valid()`, `asked` is what to make."""

    name = forms.CharField(max_length=LONGEST_NAME, help_text="What uses it: the program, its host.")
    expires = forms.ChoiceField(label="Lives for")
    which = forms.ChoiceField(
        label="What it may do",
        choices=[(ALL, "All that you may, at any time"), ("some", "Only what is ticked here, and no more than you")],
        initial="some",
        widget=forms.RadioSelect,
    )
    scopes = forms.MultipleChoiceField(required=False, label="Scopes", widget=forms.CheckboxSelectMultiple)
    queues = ListField(required=False, help_text="Only jobs of these, with commas. Empty: of any.")
    targets = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, help_text="Only jobs of these. None ticked: of any."
    )

    def __init__(self, *args: Any, owner: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._chosen("expires").choices = choices = lives()
        self.fields["expires"].initial = str(USUAL_DAYS) if str(USUAL_DAYS) in dict(choices) else choices[-1][0]
        self._chosen("scopes").choices = [(one, tokens.SCOPES[one].capitalize()) for one in tokens.owned(owner)]
        self._chosen("targets").choices = [(name, name) for name in targets.names()]

    def _chosen(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        if not isinstance(field, forms.ChoiceField):
            raise TypeError(name)
        return field

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("which") == "some" and not cleaned.get("scopes") and "scopes" not in self.errors:
            self.add_error("scopes", ValidationError("Tick at least one, or choose all that you may."))
        return cleaned

    @property
    def asked(self) -> tokens.Asked:
        given = self.cleaned_data
        return tokens.Asked(
            name=given["name"],
            life=None if given["expires"] == FOR_EVER else timedelta(days=int(given["expires"])),
            scopes=None if given["which"] == ALL else given["scopes"],
            queues=given["queues"] or None,
            targets=given["targets"] or None,
        )
