"""Judges which schedules may come after which: without circles, and no more often than somebody can wait for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import TYPE_CHECKING, cast

from jobs.models.schedule import Schedule
from jobs.permissions import VIEW_SCHEDULE, why_refused
from jobs.recurrence import BadExpression
from jobs.rights import EVERYTHING, Reach, reach_of
from jobs.rules.timing import Timing

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin

MOST_A_DAY = 300  # runs of one for which others wait: each look at who waits counts them
LOOKED_AT = 3000  # nominal times in which the fullest day is looked for
A_DAY = timedelta(days=1)
A_YEAR = timedelta(days=366)
NONE_DECLARED: Mapping[str, Collection[str]] = {}
GONE = "One of these schedules was deleted in this moment; choose again."


def circle(
    name: str,
    others: Collection[str],
    *,
    was: str | None = None,
    declared: Mapping[str, Collection[str]] = NONE_DECLARED,
    reach: Reach = EVERYTHING,
) -> str:
    """Return what is wrong where the schedule of this name, before of another, would come after these, a sentence that
    names the circle; empty where there is none. What is `declared` counts in the place of what there is."""
    ways: dict[str, tuple[str, ...]] = {one: (one,) for one in others}
    ahead = list(others)
    while ahead:
        further: list[str] = []
        for one, after in _after_of(ahead, declared).items():
            if name in after or was in after:
                if _unseen(ways[one], reach, declared):
                    return f"That is a circle: '{name}' would come after what comes after it; leave one of them out."
                names = ", which comes after ".join(f"'{step}'" for step in ways[one])
                return (
                    f"That is a circle: '{name}' would come after {names}, which comes after it; leave one of them out."
                )
            for step in after:
                if step not in ways:
                    ways[step] = (*ways[one], step)
                    further.append(step)
        ahead = further
    return ""


def _unseen(names: Sequence[str], reach: Reach, declared: Mapping[str, Collection[str]]) -> bool:
    """Return whether one of these is for others to know."""
    if reach.everything:
        return False
    there = Schedule.objects.filter(name__in=set(names) - set(declared))
    return there.count() > there.within(reach).count()


def _after_of(names: Collection[str], declared: Mapping[str, Collection[str]]) -> dict[str, Collection[str]]:
    """Return by name after which schedules these come."""
    found = {name: declared[name] for name in names if name in declared}
    there = {one.name: one.after_ids for one in Schedule.objects.filter(name__in=set(names) - set(found))}
    known = Schedule.objects.in_bulk({pk for ids in there.values() for pk in ids})
    return found | {name: [known[pk].name for pk in ids if pk in known] for name, ids in sorted(there.items())}


def after_problems(
    names: Sequence[str],
    *,
    name: str,
    before: Schedule | None,
    by: AbstractBaseUser | None,
    now: datetime,
    declared: Mapping[str, Collection[str]] = NONE_DECLARED,
) -> tuple[list[int], list[str]]:
    """Return the ids of the schedules of these names, and what is wrong with coming after them, a sentence each. One
    that is `declared` together with this one need not be there yet."""
    was = () if before is None else Schedule.objects.names_of(before.after_ids)
    if by is not None and {*names} != {*was} and not cast("PermissionsMixin", by).has_perm(VIEW_SCHEDULE):
        return [], [f"To come after others is to see them. {why_refused(by, VIEW_SCHEDULE)}"]
    # Whoever changes a schedule keeps what it comes after; all else must be within his reach.
    kept = () if before is None else before.after_ids
    seen = Schedule.objects.within(reach_of(by)) | Schedule.objects.filter(pk__in=kept)
    there = {one.name: one for one in seen.filter(name__in=names).order_by("pk")}
    own = {name} if before is None else {name, before.name}
    problems = [
        f"There is no schedule '{one[:100]}'; write the names of schedules that there are."
        for one in names
        if one not in there and one not in own and one not in declared
    ]
    if own.intersection(names):
        problems.append("A schedule cannot come after itself; leave it out.")
    elif not problems and (
        found := circle(name, names, was=None if before is None else before.name, declared=declared, reach=reach_of(by))
    ):
        problems.append(found)
    if not problems:
        problems = [
            too_often(one.name)
            for one in there.values()
            if one.name not in declared and comes_too_often(timing_of(one), now)
        ]
    return sorted(one.pk for one in there.values()), problems


def unseen_after(before: Schedule | None, by: AbstractBaseUser | None) -> set[int]:
    """Return after which schedules this one comes that whoever changes it does not see: they stay."""
    if before is None or not before.after_ids or reach_of(by).everything:
        return set()
    there = Schedule.objects.filter(pk__in=before.after_ids).order_by()
    return {*there.values_list("pk", flat=True)} - {*there.within(reach_of(by)).values_list("pk", flat=True)}


def too_often(name: str) -> str:
    """Say that nothing can come after the schedule of this name, since it comes so often."""
    return (
        f"'{name}' comes more than {MOST_A_DAY} times on a day, and nothing can come after that; leave it out, or let "
        "it come less often."
    )


def timing_of(schedule: Schedule) -> Timing:
    """Return when a schedule comes."""
    return Timing(
        schedule.dialect,
        schedule.expression,
        schedule.time_zone,
        name=schedule.name,
        anchor=schedule.anchored_at,
        starts_at=schedule.starts_at,
        ends_at=schedule.ends_at,
    )


def comes_too_often(timing: Timing, now: datetime) -> bool:
    """Return whether it comes so often that others cannot come after it. Of one that cannot be read nobody knows."""
    try:
        begins = next(timing.after(now), now)
        near = takewhile(lambda nominal: nominal < begins + A_YEAR, timing.after(now))
        times = list(islice(near, LOOKED_AT))
    except (BadExpression, KeyError, ValueError, OSError):
        return False
    return any(later - first < A_DAY for first, later in zip(times, times[MOST_A_DAY:], strict=False))


def followed_problems(schedule: Schedule, timing: Timing, now: datetime, by: AbstractBaseUser | None) -> list[str]:
    """Return what is wrong where this schedule comes so from now on, with regard to those that come after it."""
    if not schedule.has_followers or not comes_too_often(timing, now):
        return []
    others = Schedule.objects.followers_of(schedule.pk).order_by("name")
    if not others.exists():
        return []
    name = others.within(reach_of(by)).values_list("name", flat=True).first()
    whose = f"'{name}'" if name is not None else "another team's"
    return [
        f"It would come more than {MOST_A_DAY} times on a day, and {whose} comes after it; let it come less often, or "
        "take it out there."
    ]
