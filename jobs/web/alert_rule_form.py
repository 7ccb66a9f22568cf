"""The form for a rule of alerts. It reads what was typed; jobs/transitions/alert_rules.py judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from jobs.models import AlertRule, Level
from jobs.models.alert_rule import LONGEST_RUN
from jobs.rights.alert_rules import choices, is_open
from jobs.web.telling import TellingForm

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class AlertRuleForm(TellingForm):
    """Form for a rule of `by`, new or `rule`. What a rule is about stays: only a new one asks for it."""

    kind = forms.ChoiceField(label="Of the", choices=AlertRule.Kind.choices)
    name = forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs=PLAIN),
        help_text="Of the target, schedule, queue or team; the id of a job.",
    )
    when = forms.ChoiceField(label="Tell when", choices=AlertRule.When.choices)
    seconds = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=LONGEST_RUN,
        label="Runs longer than, in seconds",
        help_text="For what runs too long. Empty: three times what 95 % of its target take.",
    )
    by_time = forms.TimeField(
        required=False,
        label="Has not ended by",
        widget=forms.TextInput(attrs={**PLAIN, "placeholder": "06:00"}),
        help_text="For what has not ended by a time of day, each day.",
    )
    time_zone = forms.CharField(
        initial="UTC", widget=forms.TextInput(attrs=PLAIN), help_text="Of that time: UTC or a name like Europe/Berlin."
    )
    level = forms.ChoiceField(choices=Level.choices, initial=Level.WARN)
    team = forms.ChoiceField(
        required=False, label="Of the jobs of", help_text="A team's rule tells of its jobs, and its members see it."
    )
    destinations = forms.MultipleChoiceField(label="Tells", required=False, widget=forms.CheckboxSelectMultiple)
    enabled = forms.BooleanField(required=False, initial=True, label="It is on")

    def __init__(self, *args: Any, by: AbstractBaseUser, rule: AlertRule | None = None, **kwargs: Any) -> None:
        if rule is not None:
            kwargs["initial"] = {
                **{name: getattr(rule, name) for name in ("seconds", "time_zone", "level", "enabled")},
                "by_time": "" if rule.by_time is None else f"{rule.by_time:%H:%M}",
                "destinations": [one.name for one in rule.destinations.all()],
            }
        super().__init__(*args, **kwargs)
        offered = choices(by).prefetch_related("teams")
        if rule is not None:
            offered = [one for one in offered if is_open(one, rule.team, rule.owner)]
            for field in ("kind", "name", "when", "team"):
                del self.fields[field]
        else:
            del self.fields["enabled"]
            self.offer_teams(by, "what it is about")
        self.fields["destinations"].choices = [(one.name, one.name) for one in offered]  # type: ignore[attr-defined]
