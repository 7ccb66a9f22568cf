"""Questions to the database about schedules, by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db import connections, models
from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, Value, When

from jobs.models.querysets.by_queue import JobsByQueue
from jobs.models.querysets.within import RowsWithin
from jobs.states import Standing, State

if TYPE_CHECKING:
    from jobs.models.schedule import Schedule  # noqa: F401 - named in the base class

NOTED_AFTER = """
SELECT s.id
FROM jobs_schedule s, LATERAL (
    SELECT o.noted_at FROM jobs_occurrence o WHERE o.schedule_id = s.id
    ORDER BY o.nominal_at DESC, o.number DESC LIMIT 1
) AS latest
WHERE latest.noted_at > %s
ORDER BY s.id LIMIT %s
"""


class WaitingRun(NamedTuple):
    """The first run of a schedule that still waits."""

    id: int
    nominal_at: datetime


class JobsOfSchedules(JobsByQueue):
    """Questions about jobs as the runs of schedules."""

    def pending_before(self, ids: Collection[int]) -> dict[int, WaitingRun]:
        """Return for those of these pending runs before which another of their schedule still waits, by id, the first
        of these. Reads the index of the pending jobs of a key."""
        earlier = self.filter(
            state=State.PENDING,
            key=OuterRef("key"),
            run_at__lt=OuterRef("run_at"),
            schedule=OuterRef("schedule"),
            nominal_at__lt=OuterRef("nominal_at"),
        ).order_by("run_at", "id")
        asked = self.filter(id__in=list(ids), state=State.PENDING, nominal_at__isnull=False)
        first = {name: models.Subquery(earlier.values(name)[:1]) for name in ("id", "nominal_at")}
        found = asked.annotate(first_id=first["id"], first_nominal=first["nominal_at"]).exclude(first_id=None)
        return {row[0]: WaitingRun(*row[1:]) for row in found.order_by().values_list("id", "first_id", "first_nominal")}


class ScheduleQuerySet(RowsWithin, models.QuerySet["Schedule"]):
    def locked(self, *, wait: bool) -> ScheduleQuerySet:
        """Lock and select these, in the order of their ids; without `wait` only those that nobody else has."""
        return self.order_by("id").select_for_update(skip_locked=not wait, of=("self",), no_key=True)

    def standing_at(self, job_ids: Collection[int], ids: Collection[int]) -> ScheduleQuerySet:
        """Select of these schedules those whose next run is one of these jobs."""
        return self.filter(pk__in=ids, next_job_id__in=job_ids)

    def names_of(self, ids: Collection[int]) -> tuple[str, ...]:
        """Return the names of these, in their order; no statement for none."""
        return tuple(sorted(self.filter(pk__in=ids).order_by().values_list("name", flat=True))) if ids else ()

    def followers_of(self, pk: int) -> ScheduleQuerySet:
        """Select those that come after this one."""
        return self.filter(after_ids__contains=[pk]).exclude(after_ids=[])

    def due(self, now: datetime, limit: int) -> list[int]:
        """Return the ids of those whose next nominal time has come, soonest first."""
        found = self.filter(next_at__lte=now).order_by("next_at", "pk")
        return list(found.values_list("pk", flat=True)[:limit])

    def next_time(self) -> datetime | None:
        """Return the soonest of the nominal times that come next."""
        found: datetime | None = (
            self.filter(next_at__isnull=False).order_by("next_at").values_list("next_at", flat=True).first()
        )
        return found

    def astray(self, now: datetime, before: datetime, limit: int) -> list[int]:
        """Return the ids of those whose next run comes before that moment and has no pending job: SQL has deleted it,
        or has changed its state."""
        from jobs.models.job import Job  # noqa: PLC0415 - jobs know no schedules

        pending = Job.objects.filter(pk=OuterRef("next_job_id"), state=State.PENDING)
        # What is in shadow has none, and is to have none.
        found = self.filter(~Exists(pending), Q(next_at__gt=now), next_at__lt=before, shadow=False)
        return list(found.order_by("next_at", "pk").values_list("pk", flat=True)[:limit])

    def noted_after(self, moment: datetime, limit: int) -> list[int]:
        """Return the ids of those of whose nominal times the last was noted after this moment. Reads one row of each
        schedule."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(NOTED_AFTER, [moment, limit])
            return [pk for (pk,) in cursor.fetchall()]

    def for_people(self) -> ScheduleQuerySet:
        """Select these with the people who have made or paused them."""
        return self.select_related("created_by", "paused_by")

    def zone_of(self, schedule_id: int | None) -> str:
        """Return the name of this one's zone; empty where there is no such schedule. One statement, none for None."""
        found = self.filter(pk=schedule_id).values_list("time_zone", flat=True) if schedule_id else ()
        return next(iter(found), "")

    def search(self, text: str) -> ScheduleQuerySet:
        """Select those in whose name or target this stands, or that have this label, such as team:payroll."""
        text = text.strip()
        key, _, value = text.partition(":")
        asked = Q(name__icontains=text) | Q(target__icontains=text) | Q(labels__contains={key: value})
        return self.filter(asked) if text else self

    def labelled(self, labels: Mapping[str, str]) -> ScheduleQuerySet:
        """Select those that have all of these labels. No index: a row of it would be written anew at each run."""
        return self.filter(labels__contains=labels) if labels else self

    def paused(self, now: datetime) -> ScheduleQuerySet:
        """Select those that a pause covers now."""
        return self.filter(_paused(now))

    def not_paused(self, now: datetime) -> ScheduleQuerySet:
        """Select all others."""
        return self.exclude(_paused(now))

    def coming(self) -> ScheduleQuerySet:
        """Select those of which something comes next."""
        return self.filter(next_at__isnull=False)

    def declared_by(self, sources: Collection[str]) -> ScheduleQuerySet:
        """Select those that these files and modules have declared."""
        return self.filter(declared_in__in=list(sources))

    def declaring(self, prefix: str) -> set[str]:
        """Return what has declared some, of those whose names begin so."""
        found = self.filter(declared_in__startswith=prefix).order_by()
        return set(found.values_list("declared_in", flat=True).distinct())

    def zones_in_use(self) -> list[str]:
        """Return the time zones of those of which something comes next."""
        return list(self.coming().order_by("time_zone").values_list("time_zone", flat=True).distinct())

    def by_expression(
        self, zones: Collection[str], *, after: Sequence[str] | None, most: int
    ) -> list[tuple[str, str, str, str, int, int, datetime]]:
        """Return the different expressions in these zones, each with its zone, dialect, the name where that decides,
        the first schedule, how many have it, and an anchor; those `after` one of them, in this order."""
        named = Case(When(dialect="jenkins", then=F("name")), default=Value(""), output_field=models.TextField())
        place = ("time_zone", "expression", "dialect", "named")
        rows = self.coming().filter(time_zone__in=zones).order_by().annotate(named=named)
        if after is not None:
            rows = rows.filter(_beyond(place, after))
        grouped = rows.values(*place).annotate(first=Min("pk"), count=Count("pk"), anchor=Min("anchored_at"))
        return list(grouped.order_by(*place).values_list(*place, "first", "count", "anchor")[:most])

    def coming_before(self, moment: datetime) -> ScheduleQuerySet:
        """Select those that start something before this moment, soonest first."""
        return self.filter(next_at__lt=moment, shadow=False).order_by("next_at", "pk")

    def in_standing(self, standing: Standing, now: datetime) -> ScheduleQuerySet:
        """Select those of which Schedule.standing says this."""
        paused = _paused(now)
        on = self.filter(Q(enabled=True) | Q(shadow=True), problem="")
        coming = on.filter(next_at__isnull=False).exclude(paused)
        return {
            Standing.BROKEN: self.exclude(problem=""),
            Standing.OFF: self.filter(problem="", enabled=False, shadow=False),
            Standing.PAUSED: on.filter(paused),
            Standing.ENDED: on.filter(next_at__isnull=True).exclude(paused),
            Standing.SHADOW: coming.filter(shadow=True),
            Standing.ON: coming.filter(enabled=True),
        }[standing]


def _paused(now: datetime) -> Q:
    return Q(paused_at__lte=now) & (Q(paused_until__isnull=True) | Q(paused_until__gt=now))


def _beyond(names: Sequence[str], values: Sequence[str]) -> Q:
    """Return the condition that these columns come after these values, in the order of the columns."""
    found = Q()
    equal = Q()
    for name, value in zip(names, values, strict=True):
        found |= equal & Q((f"{name}__gt", value))
        equal &= Q((name, value))
    return found
