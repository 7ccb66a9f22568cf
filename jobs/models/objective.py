"""Objectives: which share of the starts of a queue, target or schedule is to be how soon after its time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Self

from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.models import Exists, OuterRef, Q

from jobs.models.described import Described, columns, described
from jobs.models.querysets.within import is_unscoped
from jobs.models.rollups.digest import EDGES

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

LEAST_MS, MOST_MS = 10, 86_400_000
LEAST_SHARE, MOST_SHARE = 50, 99.999  # percent
LEAST_DAYS, MOST_DAYS = 7, 31  # minutes are kept for 31 days
MOST_OBJECTIVES = 500
NEAREST = 2  # of the edges that a refusal names

# Of a schedule by its id: its jobs bear no other.
LIMITS = """
SELECT one.kind, one.name, schedule.id, one.within_ms
FROM jobs_objective AS one LEFT JOIN jobs_schedule AS schedule ON one.kind = 'schedule' AND schedule.name = one.name
WHERE one.kind <> 'schedule' OR schedule.id IS NOT NULL
ORDER BY one.id LIMIT %s
"""


class StartLimit(NamedTuple):
    """Time within which the starts of one queue, target or schedule are to be."""

    kind: str
    name: str
    schedule_id: int | None
    within: timedelta


class ObjectiveQuerySet(models.QuerySet["Objective"]):
    def within(self, reach: Reach) -> Self:
        """Select those of queues and targets that the user's teams own, and of schedules that he sees."""
        if reach.is_whole:
            return self
        from jobs.models.schedule import Schedule  # noqa: PLC0415 - it asks by way of this room

        queues = reach.only_queues if reach.only_queues is not None else None
        if not reach.everything:
            queues = reach.queues if queues is None else queues & reach.queues
        of_queues = Q(kind=Objective.Kind.QUEUE)
        if queues is not None:
            of_queues &= Q(name__in=sorted(queues))
        ours = of_queues if reach.only_targets is None else Q(pk__in=[])
        if is_unscoped(reach):
            ours |= Q(kind=Objective.Kind.TARGET, name__in=sorted(reach.names("target")))
        seen = Schedule.objects.within(reach).order_by().filter(name=OuterRef("name"))
        return self.filter(ours | (Q(kind=Objective.Kind.SCHEDULE) & Exists(seen)))

    def start_limits(self) -> list[StartLimit]:
        """Return within which time starts are to be, of what has an objective. One statement."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(LIMITS, [MOST_OBJECTIVES])
            return [
                StartLimit(kind, name, schedule_id, timedelta(milliseconds=within))
                for kind, name, schedule_id, within in cursor.fetchall()
            ]


class Objective(models.Model):
    """A row of `jobs_objective`: such a share of the starts of one queue, target or schedule is to be within so many
    milliseconds of their time, over so many days."""

    class Kind(models.TextChoices):
        """Choices for whose starts they are."""

        QUEUE = "queue"
        TARGET = "target"
        SCHEDULE = "schedule"

    kind = models.CharField("of the", max_length=10, choices=Kind.choices, default=Kind.QUEUE)
    name = models.CharField(max_length=200, help_text="Of the queue, target or schedule.")
    share = models.DecimalField(
        "percent of starts",
        max_digits=6,
        decimal_places=3,
        help_text=f"Such as 99.9; {LEAST_SHARE} to {MOST_SHARE}. The rest is the error budget.",
    )
    within_ms = models.IntegerField(
        "within ms",
        help_text="So many milliseconds after their time. Of queues and targets one of the times by which figures are "
        "counted, such as 10, 100, 1000, 10000, and eleven between each two of them from 100 on.",
    )
    days = models.IntegerField(default=30, db_default=30, help_text=f"Over so many days; {LEAST_DAYS} to {MOST_DAYS}.")

    objects = ObjectiveQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name"],
                name="jobs_objective_once",
                violation_error_message="It has an objective already: change that one.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["queue", "target", "schedule"]) & ~Q(name=""), name="jobs_objective_of_something"
            ),
            models.CheckConstraint(
                condition=Q(within_ms__gte=LEAST_MS, within_ms__lte=MOST_MS),
                name="jobs_objective_within",
                violation_error_message=f"The milliseconds are {LEAST_MS} to {MOST_MS:,}.",
            ),
            models.CheckConstraint(
                condition=Q(share__gte=LEAST_SHARE, share__lt=100),
                name="jobs_objective_share",
                violation_error_message=f"The percent are {LEAST_SHARE} to {MOST_SHARE}.",
            ),
            models.CheckConstraint(
                condition=Q(days__gte=LEAST_DAYS, days__lte=MOST_DAYS),
                name="jobs_objective_days",
                violation_error_message=f"The days are {LEAST_DAYS} to {MOST_DAYS}.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}'"

    @property
    def within(self) -> timedelta:
        return timedelta(milliseconds=self.within_ms)

    @property
    def budget(self) -> float:
        """The share of starts, 0 to 1, that may be late."""
        return 1 - float(self.share) / 100

    def clean(self) -> None:
        """Refuse a time by which nothing is counted. Raises ValidationError."""
        if self.within_ms is not None and (problem := within_problem(self.kind, self.within_ms)):
            raise ValidationError({"within_ms": problem})

    def described(self) -> Described:
        return {**described(self, columns(Objective, "id", "share")), "share": f"{self.share.normalize():f}"}


def within_problem(kind: str, within_ms: int) -> str:
    """Return why starts cannot be counted by this time; empty where they can be. Of schedules each start is looked at;
    of queues and targets they have been counted, by the times of a scale."""
    if not LEAST_MS <= within_ms <= MOST_MS:
        return f"The milliseconds are {LEAST_MS} to {MOST_MS:,}."
    if kind == Objective.Kind.SCHEDULE or within_ms in EDGES:
        return ""
    nearest = sorted(sorted(EDGES, key=lambda edge: abs(edge - within_ms))[:NEAREST])
    all_edges = ", ".join(map(str, EDGES))
    return (
        f"Starts of a {kind} are not counted by {within_ms} ms. The nearest that can be asked are "
        f"{' and '.join(map(str, nearest))}; all of them, in milliseconds: {all_edges}."
    )
