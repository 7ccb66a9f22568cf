"""Stops of everything: from a moment until another no job starts anywhere, for maintenance or in an emergency."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from jobs.models.described import Described, columns, described
from jobs.states import StopStanding

FASTEST = 1_000_000  # jobs a minute


# That a stop keeps all that would start from `now` on and is due before `horizon`: of a list query, which then reads no
# job, however many wait.
ALL_STOPPED = """(
    EXISTS (SELECT FROM jobs_stop WHERE let_go_at IS NULL AND begins_at <= %(now)s
            AND (until IS NULL OR until >= %(horizon)s)))"""


def stopped(due: str, now: str) -> str:
    """Return the condition, in SQL, under which a job does not start by a stop: `due` and `now` are expressions in
    SQL, the moment at which it may start and the present one. One with a pace keeps beyond its end what was due before
    that and has not started, also from before it began. The first question is answered once a statement, so that where
    nothing is stopped or planned, as mostly, rows cost nothing."""
    start = f"greatest({due}, {now})"
    return f"""(
    EXISTS (SELECT FROM jobs_stop WHERE let_go_at IS NULL)
    AND EXISTS (
        SELECT FROM jobs_stop AS stop
        WHERE stop.let_go_at IS NULL AND stop.begins_at <= {start} AND (
            stop.until IS NULL OR {start} < stop.until
            OR (stop.per_minute IS NOT NULL AND {due} < stop.until)
        )
    ))"""  # noqa: S608 - of our own words only


class StopQuerySet(models.QuerySet["Stop"]):
    def not_over(self) -> StopQuerySet:
        """Select the stops that are planned, that go on, and whose jobs are being let go."""
        return self.filter(let_go_at__isnull=True).order_by("begins_at", "id")

    def over(self) -> StopQuerySet:
        """Select the stops that are over, the latest first."""
        return self.filter(let_go_at__isnull=False).order_by("-id")

    def covering(self, moment: datetime) -> StopQuerySet:
        """Select the stops, of whenever, that this moment lies in."""
        begun = self.filter(begins_at__lte=moment)
        return begun.filter(Q(until__isnull=True) | Q(until__gt=moment)).order_by("begins_at", "id")

    def keeping(self, due: datetime, now: datetime) -> StopQuerySet:
        """Select the stops by which a job that is due then does not start now, as `stopped` says it."""
        start = max(due, now)
        goes_on, with_a_pace = Q(until__isnull=True) | Q(until__gt=start), Q(per_minute__isnull=False, until__gt=due)
        return self.not_over().filter(goes_on | with_a_pace, begins_at__lte=start)

    def touching(self, after: datetime, until: datetime) -> StopQuerySet:
        """Select the stops that went on at any time between the two moments, the last that began first; none that was
        called off."""
        went_on = Q(until__isnull=True) | Q(until__gt=after)
        return self.filter(went_on, begins_at__lte=until).exclude(until=F("begins_at")).order_by("-begins_at", "-id")

    def for_people(self) -> StopQuerySet:
        """Select the stops with whoever has made them."""
        return self.select_related("created_by")

    def locked(self, stop_id: int, *, wait: bool = True) -> Stop | None:
        """Lock and return the stop; without `wait` None also where somebody else has it locked."""
        return self.select_for_update(skip_locked=not wait, of=("self",), no_key=True).filter(pk=stop_id).first()


class Stop(models.Model):
    """A row of `jobs_stop`. Written by jobs/transitions/stops.py alone."""

    begins_at = models.DateTimeField(help_text="From this moment on nothing starts.")
    until = models.DateTimeField(
        null=True, blank=True, help_text="The moment of its end; empty: until a person ends it."
    )
    reason = models.CharField(max_length=1000, help_text="Why, for those whose jobs wait.")
    per_minute = models.IntegerField(
        null=True,
        blank=True,
        help_text="How many of the jobs that were due meanwhile may start a minute after it; empty: all at once.",
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    next_start_at = models.DateTimeField(
        null=True, editable=False, help_text="When the next of those jobs may start, after its end."
    )
    let_go_at = models.DateTimeField(
        null=True, editable=False, help_text="When the last of those jobs had been let go; empty: it is not over."
    )

    objects = StopQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("stop_everything", "Can stop all starts, and let them go on")]
        indexes = [  # asked for each row while one is open, and those that are over stay here
            models.Index("begins_at", name="jobs_stop_not_over", condition=Q(let_go_at__isnull=True))
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("begins_at")), name="jobs_stop_range"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="jobs_stop_says_why"),
            models.CheckConstraint(condition=Q(per_minute__gte=1, per_minute__lte=FASTEST), name="jobs_stop_rate"),
            models.CheckConstraint(
                condition=Q(let_go_at__isnull=True) | Q(until__isnull=False), name="jobs_stop_ends_first"
            ),
        ]

    def __str__(self) -> str:
        return f"stop {self.pk}"

    def covers(self, moment: datetime) -> bool:
        """Return whether nothing starts at this moment by it."""
        return self.begins_at <= moment and (self.until is None or moment < self.until)

    def standing(self, now: datetime) -> StopStanding:
        """Return how it is at this moment."""
        if self.let_go_at is not None:
            return StopStanding.OVER
        if self.begins_at > now:
            return StopStanding.PLANNED
        return StopStanding.STOPPED if self.covers(now) else StopStanding.LETTING_GO

    def described(self) -> Described:
        return described(self, columns(Stop, "id", "created_at", "created_by_id", "next_start_at", "let_go_at"))
