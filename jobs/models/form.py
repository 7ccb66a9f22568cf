"""Forms that people of other departments fill in, each of which becomes a job, and links to them for people without an
account."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from jobs.models.constraints import labels_are_texts
from jobs.models.described import Described, columns, described, key
from jobs.models.job import DEFAULT_QUEUE
from jobs.models.payload import PayloadDecoder, PayloadEncoder
from jobs.models.querysets.within import RowsWithin
from jobs.models.team import Team
from jobs.models.trigger import NAME_PATTERN

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

LONGEST_SPAN = 366 * 86_400  # seconds
MOST_USES = 100_000  # of one link
LONGEST_NAME = 100  # characters


class FormQuerySet(RowsWithin, models.QuerySet["Form"]):
    def for_person(self, person: AbstractBaseUser) -> Self:
        """Select those that this person may fill in: by a group or a team of his; a superuser all."""
        open_ = self.filter(enabled=True)
        if getattr(person, "is_superuser", False):
            return open_
        groups = sorted(person.groups.values_list("name", flat=True))  # type: ignore[attr-defined] # of the mixin
        teams = sorted(Team.objects.filter(members=person.pk).values_list("name", flat=True))
        return open_.filter(Q(groups__overlap=groups) | Q(teams__overlap=teams))


class Form(models.Model):
    """A row of `jobs_form`: what is fixed of a job, and what those may say who fill it in. What it has in common with a
    job is described in jobs/rules/new_job.py."""

    class When(models.TextChoices):
        """Ways to come to the time of the job."""

        DELAY = "delay", "so long after it was filled in"
        CHOSEN = "chosen", "as whoever fills it in chooses"

    name = models.CharField(max_length=100, unique=True, help_text="Of its address, /forms/NAME/.")
    title = models.CharField(max_length=LONGEST_NAME, help_text="What those read who fill it in, and the job's name.")
    description = models.TextField(blank=True, default="", help_text="Stands above the fields.")
    target = models.CharField(max_length=200)
    payload = models.JSONField(
        decoder=PayloadDecoder,
        encoder=PayloadEncoder,
        default=dict,
        blank=True,
        help_text="The arguments that are fixed: the form does not show them, and nobody changes them.",
    )
    fields = models.JSONField(
        decoder=PayloadDecoder,
        encoder=PayloadEncoder,
        default=list,
        blank=True,
        help_text='The other arguments, such as [{"name": "month", "label": "Month", "kind": "text"}].',
    )
    queue = models.CharField(max_length=100, default=DEFAULT_QUEUE)
    labels = models.JSONField(
        default=dict, blank=True, help_text='On every job of it, such as {"team": "payroll"}, whose these are then.'
    )
    when = models.CharField("starts", max_length=10, choices=When.choices, default=When.DELAY)
    delay = models.IntegerField(default=0, help_text="Seconds from filling it in to the start, where that is fixed.")
    earliest = models.IntegerField(default=0, help_text="Seconds: nobody chooses an earlier time than this from now.")
    latest = models.IntegerField(default=30 * 86_400, help_text="Seconds: nobody chooses a later time than this.")
    time_zone = models.CharField(
        max_length=64, default="UTC", help_text="Of the times that are chosen: UTC or a name like Europe/Berlin."
    )
    groups = ArrayField(models.TextField(), default=list, blank=True, help_text="Whose members may fill it in.")
    teams = ArrayField(models.TextField(), default=list, blank=True, help_text="Whose members may fill it in, too.")
    confirmation = models.TextField(help_text="What those read who have sent it.")
    enabled = models.BooleanField(default=True, help_text="Whether anybody may fill it in now.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
    )

    objects = FormQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(name__regex=NAME_PATTERN), name="jobs_form_named"),
            models.CheckConstraint(condition=Q(when__in=["delay", "chosen"]), name="jobs_form_when_known"),
            models.CheckConstraint(
                condition=Q(delay__gte=0, delay__lte=LONGEST_SPAN)
                & Q(earliest__gte=0, latest__gte=F("earliest"), latest__lte=LONGEST_SPAN),
                name="jobs_form_times",
                violation_error_message=f"The seconds are 0 to {LONGEST_SPAN:,}, and the latest are no fewer than the "
                "earliest.",
            ),
            labels_are_texts("jobs_form_labels_are_texts"),
        ]

    @property
    def free(self) -> Sequence[Mapping[str, Any]]:
        """Return the fields that are to be filled in, without what is no field: SQL may have written it."""
        given = self.fields if isinstance(self.fields, list) else []
        return [one for one in given if isinstance(one, dict) and isinstance(one.get("name"), str)]

    def described(self) -> Described:
        """Return it as the audit keeps it, with whose definition it is: who approves a job of it asks that."""
        return {**described(self, columns(Form, "created_at", "created_by_id")), "defined_by": key(self.created_by_id)}

    def __str__(self) -> str:
        return self.name


def digest_of(secret: str) -> str:
    """Return what is kept of the secret part of a link: it has 256 random bits, of which no dictionary knows any."""
    return hashlib.sha256(secret.encode()).hexdigest()


class FormLinkQuerySet(models.QuerySet["FormLink"]):
    def by_secret(self, secret: str) -> Self:
        """Select the one with this secret."""
        return self.filter(digest=digest_of(secret))

    def count_use(self, link: FormLink, now: datetime) -> None:
        """Count one more use. In the transaction that has locked the row."""
        today = now.astimezone(UTC).date()
        of_day = F("uses_of_day") + 1 if link.day == today else 1
        self.filter(pk=link.pk).update(uses=F("uses") + 1, day=today, uses_of_day=of_day, last_used_at=now)


class FormLink(models.Model):
    """A row of `jobs_formlink`: whoever has the link fills in the form without an account, within its limits. Of its
    secret only the digest is kept."""

    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="links")
    name = models.CharField(max_length=LONGEST_NAME, help_text="Who gets it.")
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=16, help_text="The beginning of its secret, to tell it from others.")
    expires_at = models.DateTimeField()
    most_uses = models.IntegerField(help_text="In all.")
    most_of_day = models.IntegerField(help_text="On one day, in UTC.")
    uses = models.IntegerField(default=0)
    day = models.DateField(null=True)
    uses_of_day = models.IntegerField(default=0)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )

    objects = FormLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        default_permissions = ()  # who may change the form
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="jobs_formlink_has_a_name"),
            models.CheckConstraint(
                condition=Q(most_uses__gte=1, most_uses__lte=MOST_USES, most_of_day__gte=1),
                name="jobs_formlink_limits",
            ),
            models.CheckConstraint(
                condition=Q(uses__gte=0, uses__lte=F("most_uses"), uses_of_day__lte=F("most_of_day")),
                name="jobs_formlink_used_within_limits",
            ),
        ]

    def why_ended(self, now: datetime) -> str:
        """Return why it opens nothing any more, a sentence for those who manage it; empty while it does."""
        if self.revoked_at is not None:
            return f"It was revoked on {self.revoked_at:%Y-%m-%d at %H:%M} UTC."
        if self.expires_at <= now:
            return f"It expired on {self.expires_at:%Y-%m-%d at %H:%M} UTC."
        return "All of its uses are used up." if self.uses >= self.most_uses else ""

    def is_closed(self, now: datetime) -> bool:
        """Return whether it was revoked or has expired: whatever comes by it is not looked at."""
        return self.revoked_at is not None or self.expires_at <= now

    def is_used_up_today(self, now: datetime) -> bool:
        return self.day == now.astimezone(UTC).date() and self.uses_of_day >= self.most_of_day

    def described(self) -> Described:
        """Return it as the audit keeps it, without the digest and what has been used of it."""
        shown = described(self, ("name", "expires_at", "most_uses", "most_of_day", "revoked_at"))
        return {**shown, "made_by": self.created_by.get_username() if self.created_by else None}

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
