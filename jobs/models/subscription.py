"""Subscriptions: which changes of jobs are told to which destination, and how far that has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q

from jobs.models.described import Described, described
from jobs.models.destination import Destination
from jobs.models.querysets.within import in_scope
from jobs.models.team import Team

if TYPE_CHECKING:
    from jobs.rights.reach import Reach


class JobChange(models.TextChoices):
    """Changes of a job that can be subscribed to."""

    CREATED = "created", "it was created"
    STARTED = "started", "it has started"
    COMPLETED = "completed", "it has completed"
    FAILED = "failed", "a start of it failed"
    INTERRUPTED = "interrupted", "its worker vanished with it"
    CANCELLED = "cancelled", "somebody has cancelled it"
    APPROVED = "approved", "a second person has approved it"
    RESCHEDULED = "rescheduled", "somebody has given it another time"
    EDITED = "edited", "somebody has edited it"
    REQUEUED = "requeued", "somebody has had it start again, or undone its cancellation"
    CONFIRMED_DONE = "confirmed_done", "somebody says that an interrupted one is done"
    CONFIRMED_FAILED = "confirmed_failed", "somebody says that an interrupted one failed"


class Place(NamedTuple):
    """Subscription as the watcher looks at all of them. `is_on`: it and its destination are; `has_come`: it has begun
    to be told."""

    pk: int
    is_on: bool
    has_come: bool


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def in_use(self) -> SubscriptionQuerySet:
        """Select those that are told: they and their destinations are on, and open to the team whose they are."""
        on = self.filter(_is_open(), enabled=True, destination__enabled=True)
        return on.order_by("id").select_related("destination", "of_team")

    def places(self) -> list[Place]:
        """Return of each whether it is told, and whether it has come anywhere. One statement."""
        in_use = Exists(self.model.objects.in_use().order_by().filter(pk=OuterRef("pk")))
        rows = self.order_by("id").annotate(in_use=in_use).values_list("pk", "in_use", "starts_upto")
        return [Place(pk, is_on, upto is not None) for pk, is_on, upto in rows]

    def taken_off(self, subscription_id: int) -> Subscription | None:
        """Lock and return one that is switched off, or whose destination is, and that has a place of before, until the
        transaction ends; None where there is none."""
        rows = self.select_for_update(of=("self",), skip_locked=True, no_key=True).select_related("destination")
        off = Q(enabled=False) | Q(destination__enabled=False) | ~_is_open()
        return rows.filter(off, pk=subscription_id, starts_upto__isnull=False).first()

    def taken(self, subscription_id: int) -> Subscription | None:
        """Lock and return it until the transaction ends; None where another has it, it is gone, or it or its
        destination is switched off."""
        rows = self.in_use().select_for_update(of=("self",), skip_locked=True, no_key=True)
        return rows.filter(pk=subscription_id).first()

    def for_people(self) -> SubscriptionQuerySet:
        """Select with what a list says of each."""
        return self.select_related("destination", "of_team").order_by("id")

    def within(self, reach: Reach) -> SubscriptionQuerySet:
        """Select those of somebody's teams; who reaches everything sees all. By a token for some queues or targets only
        those to changes of nothing else."""
        if reach.own_only:
            return self.none()
        theirs = self if reach.everything else self.filter(of_team__name__in=sorted(reach.teams))
        return theirs.filter(in_scope(reach))


def _is_open() -> Q:
    """Return the condition that the destination is open to the team whose a subscription is."""
    given = Destination.teams.through.objects.filter(destination=OuterRef("destination"), team=OuterRef("of_team"))
    return Q(of_team__isnull=True) | Q(destination__open_to_all=True) | Q(Exists(given))


class Subscription(models.Model):
    """A row of `jobs_subscription`: these changes of these jobs are told to a webhook. Written by
    jobs/alerts/changes/: `starts_upto`, `audit_upto` and `jobs_upto`, up to which rows of the ledger, the audit and
    the jobs are told."""

    destination = models.ForeignKey(
        Destination, on_delete=models.CASCADE, related_name="subscriptions", help_text="A webhook."
    )
    types = models.JSONField(default=list, blank=True, help_text="Which changes. None: all.")
    queue = models.CharField(max_length=200, blank=True, default="", db_default="", help_text="Empty: of any queue.")
    target = models.CharField(max_length=200, blank=True, default="", db_default="", help_text="Empty: of any target.")
    team = models.CharField(max_length=100, blank=True, default="", db_default="", help_text="Empty: of any team.")
    enabled = models.BooleanField(default=True, db_default=True)
    of_team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Whose it is: it tells of this team's jobs only. Empty: the administrators'.",
    )
    starts_upto = models.BigIntegerField(null=True, blank=True, editable=False)
    audit_upto = models.BigIntegerField(null=True, blank=True, editable=False)
    jobs_upto = models.BigIntegerField(null=True, blank=True, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = "subscription to changes of jobs"
        verbose_name_plural = "subscriptions to changes of jobs"
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_upto__isnull=True, audit_upto__isnull=True)
                | Q(starts_upto__isnull=False, audit_upto__isnull=False),
                name="jobs_subscription_has_come",
            ),
        ]

    def __str__(self) -> str:
        named = (("queue", self.queue), ("target", self.target), ("team", self.its_team))
        parts = [f"{kind} {name}" for kind, name in named if name]
        return f"{', '.join(self.types or ['all changes'])} of {', '.join(parts) or 'all jobs'}"

    def clean(self) -> None:
        """Refuse another way than a webhook, and changes that there are not. Raises ValidationError."""
        problems: dict[str, Any] = {}
        if self.destination_id and self.destination.kind != Destination.Kind.WEBHOOK:
            problems["destination"] = "Changes of jobs are told to webhooks only: choose one."
        if not isinstance(self.types, list) or any(one not in JobChange.values for one in self.types):
            problems["types"] = f"Choose some of {', '.join(JobChange.values)}."
        if problems:
            raise ValidationError(problems)

    @property
    def its_team(self) -> str:
        """Return of which team's jobs it tells; empty: of any."""
        return self.of_team.name if self.of_team is not None else self.team

    def wants(self, what: str) -> bool:
        return not self.types or what in self.types

    def described(self) -> Described:
        return {
            **described(self, ("types", "queue", "target", "enabled")),
            "team": self.its_team,
            "destination": self.destination.name,
        }


class OpenStart(models.Model):
    """A row of `jobs_subscriptionopen`: a start whose end a subscription has yet to hear of."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="open_starts")
    attempt_id = models.BigIntegerField()

    class Meta:
        db_table = "jobs_subscriptionopen"
        constraints = [
            models.UniqueConstraint(fields=["subscription", "attempt_id"], name="jobs_subscriptionopen_once"),
        ]

    def __str__(self) -> str:
        return f"start {self.attempt_id}"
