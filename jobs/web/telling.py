"""Part of the forms that say whom to tell of what: rules of alerts, subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError

from jobs.models import Team
from jobs.rights.reach import reach_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MOST_TEAMS = 500  # that are offered


class TellingForm(forms.Form):
    """Form that may ask of which team's jobs it is, and that the rules judge."""

    def offer_teams(self, by: AbstractBaseUser, without: str) -> None:
        """Offer the teams of this person, all of them where he reaches everything; do not ask who has no choice.
        `without`: what none of them means."""
        reach = reach_of(by)
        mine = sorted(reach.teams)
        if reach.everything:
            mine = list(Team.objects.order_by("name").values_list("name", flat=True)[:MOST_TEAMS])
        if len(mine) < (1 if reach.everything else 2):
            del self.fields["team"]
        else:
            self.fields["team"].choices = [("", without), *((one, one) for one in mine)]  # type: ignore[attr-defined]

    def blame(self, error: ValidationError) -> None:
        """Show what the rules say beside the fields that they say it of."""
        for field, problems in error.message_dict.items():
            for problem in problems:
                self.add_error(field if field in self.fields else None, problem)
