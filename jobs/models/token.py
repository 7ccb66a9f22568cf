"""Tokens: what is known of a bearer token beside its digest, which knox keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from jobs.database import connection
from jobs.models.described import Described

LONGEST_NAME = 100  # characters
NOTED_EVERY = timedelta(minutes=1)  # the last use is written down no more often

# Rows that somebody else has are left for the next use: nobody waits here.
USED = """
UPDATE jobs_token SET last_used_at = now() WHERE id IN (
    SELECT id FROM jobs_token
    WHERE id = ANY (%s) AND (last_used_at IS NULL OR last_used_at < now() - %s::interval)
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
"""


def password_mark(password: str) -> str:
    """Return what is kept of an owner's password, to see whether it has changed. `password`: as Django stores it, which
    is salted: nothing can be told from its digest."""
    return hashlib.sha256(password.encode()).hexdigest()


class TokenQuerySet(models.QuerySet["Token"]):
    def of(self, owner: Any) -> TokenQuerySet:
        return self.filter(owner=owner)

    def for_people(self) -> TokenQuerySet:
        """Select with what a list says of each: those in use first."""
        return self.select_related("credential", "owner", "made_by").order_by(
            models.F("rotated_at").desc(nulls_first=True), f"owner__{get_user_model().USERNAME_FIELD}", "name", "id"
        )

    def called(self, which: str) -> TokenQuerySet:
        """Select by name, or by the beginning of the token. Of those of a name the one that is in use."""
        return self.filter(Q(name=which, rotated_at=None) | Q(credential__token_key=which))

    def over_since(self, moment: datetime) -> TokenQuerySet:
        return self.filter(credential__expiry__lt=moment)

    def used(self, ids: Collection[int]) -> None:
        """Write down that these were used now, but for those that have been within the last minute."""
        with connection.cursor() as cursor:
            cursor.execute(USED, [list(ids), f"{NOTED_EVERY.total_seconds()} s"])


class Token(models.Model):
    """A row of `jobs_token` for each row of knox's table, which has the digest, the beginning, and when it was made and
    expires. What may be done with it: what its owner may at that time, and of this no more than its `scopes`."""

    credential = models.OneToOneField(
        "knox.AuthToken", on_delete=models.CASCADE, editable=False, related_name="about", db_constraint=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, editable=False, related_name="+", db_constraint=False
    )
    name = models.CharField(max_length=LONGEST_NAME)
    scopes = ArrayField(models.TextField(), null=True, help_text="Permissions by name. Empty: all of its owner's.")
    queues = ArrayField(models.TextField(), null=True, help_text="Jobs of these queues only. Empty: of any.")
    targets = ArrayField(models.TextField(), null=True, help_text="Jobs of these targets only. Empty: of any.")
    password_mark = models.CharField(max_length=64, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        editable=False,
        related_name="+",
        db_constraint=False,
        help_text="Empty: made by command, or by somebody whose account was deleted.",
    )
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    rotated_at = models.DateTimeField(null=True, editable=False, help_text="When another took its place.")

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        default_permissions = ["view", "delete"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                condition=Q(rotated_at=None),
                name="jobs_token_name_once",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="jobs_token_has_a_name"),
            *(
                models.CheckConstraint(
                    condition=Q(**{one: None}) | ~Q(**{one: []}), name=f"jobs_token_{one}_any_or_some"
                )
                for one in ("scopes", "queues", "targets")
            ),
        ]

    @property
    def prefix(self) -> str:
        """The beginning of the token, by which people tell it from others."""
        return str(self.credential.token_key)

    @property
    def made_at(self) -> datetime:
        made: datetime = self.credential.created
        return made

    @property
    def expires_at(self) -> datetime | None:
        expires: datetime | None = self.credential.expiry
        return expires

    @property
    def life(self) -> timedelta | None:
        """Return how long it was to live, from its making; None: for ever."""
        return None if self.expires_at is None else self.expires_at - self.made_at

    def why_ended(self, now: datetime) -> str:
        """Return why it opens nothing any more, a sentence; empty while it does."""
        if not self.owner.is_active:
            return "Its owner's account is not active."
        if self.password_mark != password_mark(self.owner.password):
            return "Its owner's password has changed since it was made."
        if self.expires_at is not None and self.expires_at <= now:
            what = "was replaced, and ended" if self.rotated_at else "expired"
            return f"It {what} on {self.expires_at:%Y-%m-%d at %H:%M} UTC."
        return ""

    def described(self) -> Described:
        """Return it as the audit keeps it, without the digest."""
        return {
            "owner": self.owner.get_username(),
            "name": self.name,
            "scopes": self.scopes,
            "queues": self.queues,
            "targets": self.targets,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
        }

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
