"""Preferences of people: by whose clocks they see pages, and in which colours."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

LONGEST_ZONE = 64  # characters


class Times(models.TextChoices):
    """Choices of whose clocks times are shown by."""

    UTC = "utc", "UTC"
    MINE = "mine", "Mine"
    JOB = "job", "The job's"


class Theme(models.TextChoices):
    """Choices of colours."""

    SYSTEM = "system", "As the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Preference(models.Model):
    """A row of `jobs_preference`: what one person has chosen. It is read with its user, by the same statement."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        editable=False,
        related_name="jobs_preference",
        db_constraint=False,
    )
    times = models.CharField(max_length=4, choices=Times.choices, default=Times.UTC, db_default=Times.UTC)
    time_zone = models.CharField(
        max_length=LONGEST_ZONE, blank=True, default="", db_default="", help_text="Empty: the browser's."
    )
    browser_zone = models.CharField(
        max_length=LONGEST_ZONE, blank=True, default="", db_default="", help_text="As the browser has said last."
    )
    typed_zone = models.CharField(
        max_length=LONGEST_ZONE, blank=True, default="", db_default="", help_text="As a form had it last."
    )
    theme = models.CharField(max_length=6, choices=Theme.choices, blank=True, default="", db_default="")

    class Meta:
        default_permissions = ()  # each has his own
        constraints = [
            models.CheckConstraint(condition=Q(times__in=Times.values), name="jobs_preference_times_known"),
            models.CheckConstraint(condition=Q(theme__in=["", *Theme.values]), name="jobs_preference_theme_known"),
        ]

    @property
    def mine(self) -> str:
        """Return the name of this person's zone; empty where none is known."""
        return self.time_zone or self.browser_zone

    def __str__(self) -> str:
        return f"how user {self.user_id} looks at pages"
