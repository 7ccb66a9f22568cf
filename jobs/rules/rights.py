"""Rights that a new job, schedule or trigger needs, whoever creates it and by whatever way. A program that names nobody
has all, as has plain SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, cast

from jobs.models import Schedule, Trigger
from jobs.models.querysets.within import is_unscoped
from jobs.models.team import LABEL, Ownership
from jobs.permissions import ADD_JOB, ALL_TEAMS, CONTROL_JOB, in_roles, why_refused
from jobs.rights import Reach, reach_of
from jobs.states import Overlap

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin

KINDS = Ownership.Kind
LONGEST_ID = 19  # digits
Problems = dict[str, list[str]]


class New(Protocol):
    """A job that may be created, or what makes jobs."""

    @property
    def target(self) -> str: ...
    @property
    def queue(self) -> str: ...
    @property
    def key(self) -> str | None: ...
    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def overlap(self) -> str: ...


def rights_problems(new: New, by: AbstractBaseUser | None) -> Problems:
    """Return what this user may not ask for: field -> sentences; empty where all is within his rights."""
    if by is None:
        return {}
    reach = reach_of(by)
    found = {
        "labels": _label_problems(new.labels, reach),
        "queue": _queue_problems(new.queue, reach),
        "key": _key_problems(new.key, reach),
        "target": target_problems(new.target, reach),
        "overlap": overlap_problems(new.overlap, by) or _scope_problems(new, reach),
    }
    return {field: problems for field, problems in found.items() if problems}


def _label_problems(labels: Mapping[str, str], reach: Reach) -> list[str]:
    team = labels.get(LABEL)
    if reach.everything or team not in reach.other_teams:
        return []
    return [f"You are not in the team '{team}', whose this would be. {_who_may('put it there')}"]


def _queue_problems(queue: str, reach: Reach) -> list[str]:
    if reach.only_queues is not None and queue not in reach.only_queues:
        return [f"This token is for other queues than '{queue}': {', '.join(sorted(reach.only_queues)) or 'none'}."]
    if not reach.everything and queue in reach.names_of_others(KINDS.QUEUE):
        return [f"The queue '{queue}' is another team's. {_who_may('use it')}"]
    return []


def _key_problems(key: str | None, reach: Reach) -> list[str]:
    if not reach.everything and key in reach.names_of_others(KINDS.KEY):
        return [f"The key '{key}' is another team's. {_who_may('use it')}"]
    if not (reach.everything and is_unscoped(reach)) and key and _is_of_others(key, reach):
        return [f"The key '{key}' is for the runs of what is not yours. {_who_may('use it')}"]
    return []


def _is_of_others(key: str, reach: Reach) -> bool:
    """Return whether this is the key that a schedule or trigger has by itself, and that is none to change for this
    user: with it his jobs would stand in the way of its runs. Of an id whether there is such a schedule is not told."""
    kind, _, name = key.partition(":")
    if kind == "schedule" and name.isascii() and name.isdecimal():
        schedule = Schedule.objects.filter(pk=int(name)).first() if len(name) < LONGEST_ID else None
        return schedule is None or not reach.touches(schedule)
    trigger = Trigger.objects.filter(name=name).first() if kind == "trigger" else None
    return trigger is not None and not reach.touches(trigger)


def _scope_problems(new: New, reach: Reach) -> list[str]:
    """Return why a token for some queues or targets may not have a job stop others of its key, which may be of any."""
    of_one = new.key is None or new.key.startswith(("schedule:", "trigger:"))
    if new.overlap != Overlap.CANCEL or of_one or is_unscoped(reach):
        return []
    return ["This overlap stops jobs of any queue and target, and this token is for some. Choose another overlap."]


def target_problems(target: str, reach: Reach) -> list[str]:
    """Return why somebody of this reach may start no job of the target, sentences; none where he may."""
    if reach.only_targets is not None and target not in reach.only_targets:
        return [f"This token is for other targets than '{target}': {', '.join(sorted(reach.only_targets)) or 'none'}."]
    if not reach.everything and target in reach.names_of_others(KINDS.TARGET):
        return [f"The target '{target}' is given to some teams, and you are in none of them. {_who_may('start it')}"]
    return []


def _who_may(do: str) -> str:
    return f"Its members may {do}, and who has '{ALL_TEAMS}'. {in_roles(ALL_TEAMS)}".rstrip()


def overlap_problems(overlap: str, by: AbstractBaseUser | None) -> list[str]:
    """Return what is wrong with an overlap that stops the jobs of others, for a person or token without the right to
    stop them.
    """
    if overlap != Overlap.CANCEL or by is None or cast("PermissionsMixin", by).has_perm(CONTROL_JOB):
        return []
    why = why_refused(by, CONTROL_JOB)
    return [f"This overlap stops jobs that run. {why} Or choose queue, skip, join or allow."]


def schedule_problems(by: AbstractBaseUser | None) -> list[str]:
    """Return why this person or token may define no schedule, whatever other rights it has: each run is a job."""
    if by is None or cast("PermissionsMixin", by).has_perm(ADD_JOB):
        return []
    return [f"A schedule makes jobs. {why_refused(by, ADD_JOB)}"]
