"""Saved views: lists of jobs that a person, or a team, looks at again under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.models.described import Described
from jobs.models.team import Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

LONGEST_NAME = 100  # characters
LONGEST_QUERY = 4000


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def of(self, owner: Any) -> SavedViewQuerySet:
        """Select those that this user has saved."""
        return self.filter(owner=owner)

    def seen_by(self, user: AbstractBaseUser | AnonymousUser) -> SavedViewQuerySet:
        """Select those that this user has saved, and those that somebody has shared with a team of his."""
        shared = self.model._default_manager.filter(team__members=user.pk).values("pk")
        return self.filter(Q(owner=user.pk) | Q(pk__in=shared))

    def for_people(self) -> SavedViewQuerySet:
        """Select with what a list says of each, by name."""
        return self.select_related("owner", "team").order_by("name", "id")


class SavedView(models.Model):
    """A row of `jobs_savedview`: the query string of a list of jobs. Whoever opens one that is shared sees the
    jobs that he may see, and no others."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, editable=False, related_name="+", db_constraint=False
    )
    name = models.CharField(max_length=LONGEST_NAME)
    query = models.CharField(max_length=LONGEST_QUERY, blank=True)
    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        help_text="Whose members see it, too.",
    )
    created_at = models.DateTimeField(editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        default_permissions = ()  # each has his own
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="jobs_savedview_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="jobs_savedview_has_a_name"),
        ]

    def described(self) -> Described:
        """Return it as the audit keeps it."""
        return {
            "owner": self.owner.get_username(),
            "name": self.name,
            "query": self.query,
            "team": self.team.name if self.team else None,
        }

    def __str__(self) -> str:
        return self.name
