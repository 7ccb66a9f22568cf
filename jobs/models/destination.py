"""Destinations: where alerts are sent to, and what became of each sending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import models
from django.db.models import Exists, OuterRef, Q, Window
from django.db.models.functions import RowNumber
from django.utils.crypto import salted_hmac

from jobs.models.alert import Alert, AlertEvent, Level, fits
from jobs.models.described import Described, columns, described
from jobs.models.team import Team

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

AT_ONE_DESTINATION = 2  # sent at a time: one that is slow leaves the others room


class DestinationQuerySet(models.QuerySet["Destination"]):
    def in_use(self) -> DestinationQuerySet:
        return self.filter(enabled=True).order_by("name")

    def open_to(self, reach: Reach) -> DestinationQuerySet:
        """Select those that somebody of this reach may choose for rules and subscriptions: what administrators have
        opened to all, or to a team of his; where he reaches everything, to any team."""
        of_teams = Q(teams__isnull=False) if reach.everything else Q(teams__name__in=sorted(reach.teams))
        return self.filter(pk__in=self.model.objects.filter(Q(open_to_all=True) | of_teams).values("pk"))

    def with_teams(self) -> DestinationQuerySet:
        """Select with the teams to which they are open, by name. One statement more."""
        return self.prefetch_related("teams").order_by("name")


class Destination(models.Model):
    """A row of `jobs_destination`: where alerts are sent to. Its address is a secret."""

    class Kind(models.TextChoices):
        """Choices for the way to it."""

        MAIL = "mail", "e-mail: addresses, with commas"
        WEBHOOK = "webhook", "webhook: an address that gets signed CloudEvents"
        APPRISE = "apprise", "apprise: Slack, Teams, PagerDuty and others, by an address such as slack://..."

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    address = models.TextField(help_text="A secret: it is shown to nobody once it is saved.")
    pattern = models.CharField(
        max_length=300,
        default="*",
        db_default="*",
        help_text="Which alerts: no_leader, no_worker:mail, late:*, or * for all.",
    )
    min_level = models.CharField(
        "from", max_length=4, choices=Level.choices, default=Level.WARN, db_default=Level.WARN.value
    )
    enabled = models.BooleanField(default=True, db_default=True)
    open_to_all = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whoever may make rules of alerts of his own may have them told here. He sees its name, no address.",
    )
    teams = models.ManyToManyField(
        Team, blank=True, related_name="+", help_text="Their rules of alerts and subscriptions may be told here."
    )

    objects = DestinationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(min_level__in=Level.values), name="jobs_destination_level_known"),
            models.CheckConstraint(condition=~Q(address=""), name="jobs_destination_leads_somewhere"),
        ]

    def __str__(self) -> str:
        return self.name

    def wants(self, fingerprint: str, level: str) -> bool:
        """Return whether it is for this alert."""
        bad_enough = self.min_level == Level.WARN or level == Level.BAD
        return self.enabled and bad_enough and fits(self.pattern, fingerprint)

    def described(self) -> Described:
        """Return it without its address, of which only whether it is another one is said."""
        digest = salted_hmac("destination", self.address).hexdigest()[:8]
        teams = sorted(self.teams.values_list("name", flat=True))
        shown = described(self, columns(Destination, "id", "address"))
        return {**shown, "address": f"<hidden {digest}>", "teams": teams}


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime, *, without: Collection[Delivery], most: int) -> list[Delivery]:
        """Return what is to be sent now, the oldest first: of each alert to each destination one thing after the
        other, and one batch of changes of jobs; no more than AT_ONE_DESTINATION to one, with those that are on their
        way (`without`). What was for one that is switched off is among it: it is not to be sent any more."""
        busy = Counter(one.destination_id for one in without)
        earlier = Delivery.objects.filter(
            alert_id=OuterRef("alert_id"),
            destination_id=OuterRef("destination_id"),
            done_at=None,
            pk__lt=OuterRef("pk"),
        )
        waiting = self.filter(done_at__isnull=True, next_at__lte=now).exclude(pk__in=[one.pk for one in without])
        waiting = waiting.exclude(
            destination_id__in=[pk for pk, number in busy.items() if number >= AT_ONE_DESTINATION]
        )
        batches = Delivery.objects.filter(
            event=Delivery.CHANGES, destination_id=OuterRef("destination_id"), done_at=None, pk__lt=OuterRef("pk")
        )
        waiting = waiting.exclude(Q(Exists(batches), event=Delivery.CHANGES))
        place = Window(RowNumber(), partition_by="destination_id", order_by="pk")
        ready = waiting.exclude(Exists(earlier)).annotate(place=place).filter(place__lte=AT_ONE_DESTINATION)
        found = []
        for one in ready.order_by("pk").select_related("alert", "destination")[: most + len(without)]:
            busy[one.destination_id] += 1
            if busy[one.destination_id] <= AT_ONE_DESTINATION:
                found.append(one)
        return found[:most]

    def waiting_changes(self, destination_id: int) -> int:
        """Return how many batches of changes of jobs this destination has not taken yet."""
        return self.filter(destination_id=destination_id, event=Delivery.CHANGES, done_at__isnull=True).count()

    def next_due(self) -> datetime | None:
        """Return when the next is to be sent; None where all are done."""
        waiting = self.filter(done_at__isnull=True).order_by("next_at")
        return waiting.values_list("next_at", flat=True).first()

    def heard_of_opening(self, alert_ids: Iterable[int]) -> dict[int, set[int]]:
        """Return of these alerts the ids of the destinations that were told, or are still to be told, that they have
        opened."""
        rows = self.filter(alert_id__in=list(alert_ids), event=AlertEvent.OPENED)
        rows = rows.exclude(done_at__isnull=False, sent=False)
        heard: dict[int, set[int]] = {}
        for alert_id, destination_id in rows.values_list("alert_id", "destination_id"):
            heard.setdefault(alert_id, set()).add(destination_id)
        return heard

    def latest_tried(self) -> DeliveryQuerySet:
        """Select of each destination that is in use the last thing that it was tried to send there."""
        tried = self.filter(destination__enabled=True, attempts__gt=0).select_related("destination")
        return tried.order_by("destination_id", "-pk").distinct("destination_id")

    def changes_taken_before(self, moment: datetime) -> DeliveryQuerySet:
        """Select the batches of changes of jobs that were taken before then."""
        return self.filter(event=Delivery.CHANGES, sent=True, done_at__lt=moment)

    def done_before(self, moment: datetime) -> DeliveryQuerySet:
        return self.filter(done_at__lt=moment)

    def ended(self, delivery: Delivery, error: str, *, now: datetime, again: timedelta | None) -> None:
        """Note what became of an attempt. `again`: when it is tried once more; None: it is not. Changes that were taken
        are not kept."""
        is_done = not error or again is None
        said: dict[str, Any] = {"data": []} if not error and delivery.event == Delivery.CHANGES else {}
        self.filter(pk=delivery.pk, attempts=delivery.attempts, done_at__isnull=True).update(
            attempts=delivery.attempts + 1,
            error=error,
            next_at=now + (again or timedelta(0)),
            done_at=now if is_done else None,
            sent=is_done and not error,
            **said,
        )


class Delivery(models.Model):
    """A row of `jobs_delivery`: one thing that is said of an alert to one destination, or a batch of changes of jobs,
    however often it is tried."""

    CHANGES = "jobs"

    alert = models.ForeignKey(Alert, null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries")
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=8, choices=[*AlertEvent.choices, (CHANGES, "changes of jobs")])
    data = models.JSONField(null=True, blank=True, editable=False, help_text="The changes of jobs, as CloudEvents.")
    message = models.UUIDField(default=uuid4, help_text="Names it to its receiver, at each attempt alike.")
    made_at = models.DateTimeField()
    next_at = models.DateTimeField(help_text="When it is tried next.")
    attempts = models.IntegerField(default=0, db_default=0)
    done_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it is still tried.")
    sent = models.BooleanField(default=False, db_default=False)
    error = models.TextField(blank=True, default="", db_default="", help_text="Of the last attempt.")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["next_at"], condition=Q(done_at__isnull=True), name="jobs_delivery_waiting"),
            models.Index(fields=["done_at"], name="jobs_delivery_done"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent=False) | Q(done_at__isnull=False), name="jobs_delivery_sent_is_done"
            ),
            models.CheckConstraint(
                condition=Q(alert__isnull=False) | Q(event=AlertEvent.TEST.value) | Q(event="jobs", data__isnull=False),
                name="jobs_delivery_of_an_alert",
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk} to {self.destination}"

    @property
    def outcome(self) -> str:
        """Return what became of it, in a word."""
        if self.done_at is None:
            return "waiting"
        return "sent" if self.sent else "failed"
