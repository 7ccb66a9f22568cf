"""Conditions of what is within a user's reach (jobs/rights/reach.py), as statements need them. What they say of one row
Reach says of it too; tests/rights/test_reach.py asks both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.db.models.lookups import In

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

# The condition of `jobs_within`, for statements of our own about `jobs_job` or `jobs_history`.
IN_REACH = """(
    (%(everything)s OR created_by_id = %(user_id)s OR labels ->> 'team' = ANY(%(teams)s::text[])
     OR (queue = ANY(%(queues)s::text[]) AND coalesce(labels ->> 'team', '') <> ALL(%(all_teams)s::text[])))
    AND (%(only_queues)s::text[] IS NULL OR queue = ANY(%(only_queues)s::text[]))
    AND (%(only_targets)s::text[] IS NULL OR target = ANY(%(only_targets)s::text[]))
)"""


def rows_within(reach: Reach) -> Q:
    """Return the condition of rows that say by their label or their queue whose they are."""
    found = in_scope(reach)
    if reach.everything:
        return found
    said = Coalesce(KeyTextTransform("team", "labels"), Value(""), output_field=models.TextField())
    ours = Q(created_by_id=reach.user_id) if reach.user_id is not None else Q(pk__in=[])
    if reach.teams:
        ours |= Q(In(said, sorted(reach.teams)))
    if reach.queues:
        ours |= Q(queue__in=sorted(reach.queues)) & ~Q(In(said, sorted(reach.all_teams)))
    return found & ours


def rows_touched(reach: Reach, *, or_own: bool) -> Q:
    """Return the condition of rows that this reach lets a user change, as Reach.touches says of one; with `or_own`
    those, too, that he has made and that are another team's by now."""
    found = in_scope(reach)
    if reach.everything:
        return found
    said = Coalesce(KeyTextTransform("team", "labels"), Value(""), output_field=models.TextField())
    of_no_team = ~Q(In(said, sorted(reach.all_teams))) if reach.all_teams else Q()
    ours = Q(In(said, sorted(reach.teams))) if reach.teams else Q(pk__in=[])
    if reach.queues:
        ours |= Q(queue__in=sorted(reach.queues)) & of_no_team
    if reach.user_id is not None:
        own = Q(created_by_id=reach.user_id)
        owned = sorted(name for kind, name in reach.owners if kind == "queue")
        ours |= own if or_own else own & of_no_team & ~Q(queue__in=owned)
    return found & ours


def jobs_within(reach: Reach) -> Q:
    """Return the condition of jobs: those of the user alone, where he may not see jobs."""
    return Q(created_by_id=reach.user_id) & in_scope(reach) if reach.own_only else rows_within(reach)


def is_narrow(reach: Reach) -> bool:
    """Return whether there may be jobs beyond it."""
    return reach.own_only or not reach.everything or not is_unscoped(reach)


def is_unscoped(reach: Reach) -> bool:
    """Return whether no token's scope narrows it."""
    return reach.only_queues is None and reach.only_targets is None


def reach_values(reach: Reach) -> dict[str, Any]:
    """Return the values that IN_REACH asks for."""
    own = reach.own_only
    return {
        "everything": reach.everything and not own,
        "user_id": reach.user_id,
        "teams": [] if own else sorted(reach.teams),
        "queues": [] if own else sorted(reach.queues),
        "all_teams": sorted(reach.all_teams),
        "only_queues": None if reach.only_queues is None else sorted(reach.only_queues),
        "only_targets": None if reach.only_targets is None else sorted(reach.only_targets),
    }


def and_in_reach(reach: Reach | None) -> tuple[str, dict[str, Any]]:
    """Return what a statement of our own about jobs has at the end of its condition to count only those within this
    reach, and the values for it: nothing where that is all of them. None: all."""
    if reach is None or not is_narrow(reach):
        return "", {}
    return f" AND {IN_REACH}", reach_values(reach)


def in_scope(reach: Reach, place: str = "") -> Q:
    """Return the condition that the queue and the target of a row are in a token's scope. `place`: before the names of
    these two, where others have them for the row."""
    found = Q()
    if reach.only_queues is not None:
        found &= Q((f"{place}queue__in", sorted(reach.only_queues)))
    if reach.only_targets is not None:
        found &= Q((f"{place}target__in", sorted(reach.only_targets)))
    return found


class RowsWithin(models.QuerySet[Any]):
    """Part of the questions about schedules and triggers."""

    def within(self, reach: Reach) -> Self:
        """Select those that are within this reach."""
        return self.filter(rows_within(reach))


class NamedWithin(models.QuerySet[Any]):
    """Part of the questions about what is owned by its name: limits."""

    def within(self, reach: Reach) -> Self:
        """Select those that the user's teams own."""
        if not is_unscoped(reach):
            queues = sorted(reach.only_queues or ())
            ours = Q(kind="queue", name__in=queues)
            return self.filter(ours) if reach.everything else self.filter(ours & Q(name__in=sorted(reach.queues)))
        if reach.everything:
            return self
        return self.filter(
            Q(kind="queue", name__in=sorted(reach.queues)) | Q(kind="key", name__in=sorted(reach.names("key")))
        )


class OfSchedulesWithin(models.QuerySet[Any]):
    """Part of the questions about what belongs to a schedule: nominal times, operations."""

    def within(self, reach: Reach) -> Self:
        """Select those of the schedules that are within this reach."""
        if reach.everything and is_unscoped(reach):
            return self
        from jobs.models.schedule import Schedule  # noqa: PLC0415 - it asks by way of this room

        return self.filter(Exists(Schedule.objects.within(reach).filter(pk=OuterRef("schedule_id"))))


class OfJobsWithin(models.QuerySet[Any]):
    """Part of the questions about what belongs to a job: the ledger."""

    def within(self, reach: Reach) -> Self:
        """Select those of the jobs that are within this reach."""
        if not is_narrow(reach):
            return self
        from jobs.models.job import Job  # noqa: PLC0415 - as above

        return self.filter(Exists(Job.objects.within(reach).order_by().filter(pk=OuterRef("job_id"))))


def history_has(reach: Reach, which: str) -> RawSQL:
    """Return the condition that the history has a job within this reach, and of which this is true."""
    text, values = _in_order(reach)
    return RawSQL(  # noqa: S611 - ours
        f"EXISTS (SELECT FROM jobs_history WHERE {which} AND {text})", values, output_field=models.BooleanField()
    )


def history_count(reach: Reach, which: str) -> RawSQL:
    """Return how many jobs the history has within this reach, of which this is true."""
    text, values = _in_order(reach) if is_narrow(reach) else ("true", [])
    count = f"SELECT count(*) FROM jobs_history WHERE {which} AND {text}"  # noqa: S608 - ours
    return RawSQL(count, values, output_field=models.IntegerField())  # noqa: S611 - ours


def _in_order(reach: Reach) -> tuple[str, list[Any]]:
    """Return IN_REACH with its values by their places."""
    values = reach_values(reach)
    names = ("everything", "user_id", "teams", "queues", "all_teams", *["only_queues"] * 2, *["only_targets"] * 2)
    return IN_REACH % dict.fromkeys(values, "%s"), [values[name] for name in names]
