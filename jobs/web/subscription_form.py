"""The form for a subscription to changes of jobs. It reads what was typed; jobs/transitions/subscriptions.py judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from jobs.models import Destination
from jobs.models.subscription import JobChange
from jobs.permissions import ADD_SUBSCRIPTION
from jobs.rights.alert_rules import choices, is_administrators
from jobs.web.telling import TellingForm

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class SubscriptionForm(TellingForm):
    """Form for a new subscription of `by`."""

    destination = forms.ChoiceField(
        label="Webhook",
        help_text="Those that administrators have opened to your team.",
        error_messages={"required": "Choose a webhook; an administrator opens one to your team, in the admin."},
    )
    types = forms.MultipleChoiceField(
        label="Tell when",
        required=False,
        choices=JobChange.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="None of them: at each change.",
    )
    queue = forms.CharField(
        max_length=200, required=False, widget=forms.TextInput(attrs=PLAIN), help_text="Empty: jobs of any queue."
    )
    target = forms.CharField(
        max_length=200, required=False, widget=forms.TextInput(attrs=PLAIN), help_text="Empty: jobs of any target."
    )
    team = forms.ChoiceField(required=False, label="Of the jobs of", help_text="Its members see the subscription.")

    def __init__(self, *args: Any, by: AbstractBaseUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hooks = [one.name for one in choices(by, ADD_SUBSCRIPTION) if one.kind == Destination.Kind.WEBHOOK]
        self.fields["destination"].choices = [("", "choose one"), *((one, one) for one in hooks)]  # type: ignore[attr-defined]
        self.offer_teams(by, "all teams" if is_administrators(by, ADD_SUBSCRIPTION) else "say which")
