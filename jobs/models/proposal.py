"""Proposals: changes that a program would like to be made, each until a person has approved or refused it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.models.described import Described, described
from jobs.models.payload import PayloadDecoder, PayloadEncoder
from jobs.models.querysets.within import jobs_within

if TYPE_CHECKING:
    from jobs.rights.reach import Reach


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def within(self, reach: Reach) -> ProposalQuerySet:
        """Select those about what is within this reach, and those that this user's programs have made."""
        return self.filter(jobs_within(reach))

    def open(self, now: datetime) -> ProposalQuerySet:
        """Select those that can still be decided, the newest first."""
        return self.filter(decided_at=None, ends_at__gt=now).order_by("-id")

    def ended(self, now: datetime) -> ProposalQuerySet:
        """Select those that somebody has decided, and those that nobody has in time, the newest first."""
        return self.exclude(decided_at=None, ends_at__gt=now).order_by("-id")

    def forget_arguments(self, now: datetime) -> int:
        """Empty the arguments of those that ended undecided, secrets among them; return how many."""
        return self.filter(decided_at=None, ends_at__lte=now).exclude(arguments={}).update(arguments={})


class Proposal(models.Model):
    """A row of `jobs_proposal`. It has what is proposed, of what, as it was seen then, and what became of it. Whose it
    is say `queue` and `labels`, as those of the job do that it is about."""

    class Action(models.TextChoices):
        """Changes that can be proposed."""

        CANCEL = "cancel"
        RETRY = "retry"
        RUN_NOW = "run_now"
        RESCHEDULE = "reschedule"
        CREATE = "create"
        PAUSE_QUEUE = "pause_queue"

    class Outcome(models.TextChoices):
        """Ends of a proposal; `stale`: it was approved, and nothing was done, since what it was about had changed."""

        OPEN = "", "open"
        DONE = "done", "done"
        REFUSED = "refused", "refused"
        STALE = "stale", "not done"

    action = models.CharField(max_length=20, choices=Action.choices)
    job_id = models.BigIntegerField(null=True, help_text="Of the job that it is about, or that it has created.")
    name = models.CharField(max_length=255, blank=True, help_text="Of that job.")
    queue = models.CharField(max_length=255)
    target = models.CharField(max_length=255, blank=True)
    labels = models.JSONField(default=dict)
    arguments = models.JSONField(encoder=PayloadEncoder, decoder=PayloadDecoder)
    seen = models.CharField(max_length=64, blank=True, help_text="The version of what it is about, as it was seen.")
    preview = models.TextField(help_text="What would be done, in sentences.")
    reason = models.TextField(help_text="Why, in the words of whoever proposes it.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    created_by_name = models.CharField(max_length=254, blank=True)
    created_by_token = models.CharField(max_length=255, blank=True, help_text="Its beginning and its name.")
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="From then on nobody can approve it.")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default=Outcome.OPEN)
    answer = models.TextField(blank=True, help_text="What became of it, in a sentence.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    decided_by_name = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        default_permissions = ()  # who may approve it has the right to do it
        indexes = [models.Index(fields=["ends_at"], name="jobs_proposal_ends")]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", decided_at=None) | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="jobs_proposal_decided_or_open",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="jobs_proposal_says_why"),
        ]

    @property
    def proposer(self) -> str:
        """Return who has proposed it: the person, and the token that came for him."""
        token = f" by the token {self.created_by_token}" if self.created_by_token else ""
        return f"{self.created_by_name or 'a program'}{token}"

    def described(self) -> Described:
        """Return it as the audit keeps it, without its arguments."""
        return described(self, ("action", "job_id", "queue", "preview", "outcome", "answer"))

    def __str__(self) -> str:
        return f"proposal {self.pk}"
