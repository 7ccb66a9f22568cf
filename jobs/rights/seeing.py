"""Jobs and runs that others are tied to, as a user sees them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Protocol, TypeVar

from jobs.models import Job, Schedule
from jobs.models.history import found
from jobs.models.querysets.within import is_narrow
from jobs.permissions import ALL_TEAMS, in_roles
from jobs.rights.reach import Reach, Row


class HasId(Protocol):
    @property
    def id(self) -> int: ...


class OfSchedule(Protocol):
    @property
    def schedule_id(self) -> int: ...


O = TypeVar("O", bound=HasId)  # noqa: E741 - a type
R = TypeVar("R", bound=OfSchedule)


def seen_of(others: Sequence[O], reach: Reach) -> list[O]:
    """Return those of these jobs that the user sees, in their order."""
    if not others or not is_narrow(reach):
        return list(others)
    there = seen_ids({one.id for one in others}, reach)
    return [one for one in others if one.id in there]


def seen_ids(ids: Set[int], reach: Reach) -> set[int]:
    """Return which of these are ids of jobs that the user sees, also of the history."""
    there = set(Job.objects.within(reach).filter(pk__in=ids).order_by().values_list("pk", flat=True))
    if left := ids - there:
        there |= {job.pk for job in found(left) if reach.sees_job(job)}
    return there


def seen_runs(runs: Sequence[R], reach: Reach) -> list[R]:
    """Return those of these runs whose schedules are within reach, in their order."""
    if not runs or not is_narrow(reach):
        return list(runs)
    ids = {one.schedule_id for one in runs}
    there = set(Schedule.objects.within(reach).filter(pk__in=ids).order_by().values_list("pk", flat=True))
    return [one for one in runs if one.schedule_id in there]


def not_of_theirs(what: str) -> str:
    """Say why a user may not change this, whether there is such a thing or not."""
    return f"{what} belongs to no team of yours. To change it needs '{ALL_TEAMS}'. {in_roles(ALL_TEAMS)}".rstrip()


def not_theirs(what: str, row: Row, reach: Reach) -> str:
    """Say why a user who sees this may not change it."""
    team = reach.team_of(row.labels, row.queue)
    whose = f"belongs to the team '{team}', in which you are not" if team else "belongs to no team of yours"
    return (
        f"{what} {whose}: you see it, and may not change it. That needs '{ALL_TEAMS}'. {in_roles(ALL_TEAMS)}".rstrip()
    )
