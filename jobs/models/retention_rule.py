"""Rules of an administrator's: after how many days jobs that are over are removed, or redacted."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from jobs.keeping import DEFAULT_DAYS, MOST_DAYS, KeepRule
from jobs.models.described import Described, columns, described
from jobs.models.installation import NOTHING_STARTS

STATES = [(word, word) for word in DEFAULT_DAYS]
# Not in a database that was restored, before a person has looked.
IN_FORCE = f"""
SELECT kind, name, state, days FROM jobs_retentionrule WHERE does = %s AND NOT {NOTHING_STARTS}
ORDER BY kind, name, state
"""  # noqa: S608 - of our own words only


class RetentionRule(models.Model):
    """A row of `jobs_retentionrule`."""

    class Does(models.TextChoices):
        """Choices for what is done when the days are over."""

        REMOVE = "remove", "removed: nothing stays of them"
        REDACT = "redact", "redacted: payload, result, errors, output, name, key and labels go, the ledger stays"

    class Kind(models.TextChoices):
        """Choices for which jobs it is about."""

        QUEUE = "queue", "those of the queue"
        TARGET = "target", "those of the target"
        LABEL = "label", "those with the label (key:value, or key for any value)"

    does = models.CharField("they are", max_length=10, choices=Does.choices)
    kind = models.CharField("which jobs", max_length=10, choices=Kind.choices, blank=True, default="", db_default="")
    name = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Of that queue, target or label."
    )
    state = models.CharField(
        "ended as", max_length=12, choices=STATES, blank=True, default="", db_default="", help_text="Empty: however."
    )
    days = models.IntegerField(help_text=f"So many days after their end, 1 to {MOST_DAYS:,}.")

    class Meta:
        ordering = ["does", "kind", "name", "state"]
        constraints = [
            models.UniqueConstraint(
                fields=["does", "kind", "name", "state"],
                name="jobs_retention_rule_once",
                violation_error_message="There is a rule for these jobs already: change that one.",
            ),
            models.CheckConstraint(
                condition=Q(days__gte=1, days__lte=MOST_DAYS),
                name="jobs_retention_rule_days",
                violation_error_message=f"The days are 1 to {MOST_DAYS:,}.",
            ),
            models.CheckConstraint(
                condition=Q(kind="", name="") | (~Q(kind="") & ~Q(name="")),
                name="jobs_retention_rule_named",
                violation_error_message="Name the queue, target or label, or choose all jobs and no name.",
            ),
            models.CheckConstraint(
                condition=~Q(does="remove", kind="label"),
                name="jobs_retention_rule_removes_by",
                violation_error_message="Jobs are removed by their queue, target or state, not by a label.",
            ),
            # As JOBS_KEEP: for all jobs of any state there is no one number of days.
            models.CheckConstraint(
                condition=~Q(does="remove", kind="", state=""),
                name="jobs_retention_rule_removes_some",
                violation_error_message="Say of which queue, target or state the removed jobs are.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.does} {self.as_rule().words}"

    @property
    def about(self) -> str:
        """Name of the rule: what it does to which jobs, without its days."""
        return str(self).rpartition("=")[0]

    def as_rule(self) -> KeepRule:
        """Return what it says."""
        return KeepRule(self.kind, self.name, self.state, self.days)

    def described(self) -> Described:
        return described(self, columns(RetentionRule, "id"))
