"""Says who may have rules of alerts about what, whose they are then, and whom they may tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.core.exceptions import PermissionDenied, ValidationError

from jobs import targets
from jobs.models import AlertRule, Destination, Job, Schedule, Team
from jobs.models.querysets.within import is_unscoped
from jobs.permissions import (
    ADD_ALERT_RULE,
    ADD_JOB,
    ALL_TEAMS,
    CHANGE_SCHEDULE,
    CONTROL_JOB,
    PAUSE_LIMIT,
    why_refused,
)
from jobs.rights.reach import Reach, reach_of
from jobs.rights.seeing import not_of_theirs, not_theirs
from jobs.rights.telling import seen_job

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin

Kind = AlertRule.Kind
# What one needs beside that it is within one's reach; for a job of one's own, that one may create jobs.
NEEDS = {
    Kind.TARGET: CONTROL_JOB,
    Kind.SCHEDULE: CHANGE_SCHEDULE,
    Kind.QUEUE: PAUSE_LIMIT,
    Kind.TEAM: CONTROL_JOB,
    Kind.JOB: CONTROL_JOB,
}
LONGEST_ID = 19  # digits
MAKE = (CONTROL_JOB, ADD_JOB, CHANGE_SCHEDULE, PAUSE_LIMIT)  # with any of these something can be told


class Whose(NamedTuple):
    """Owner of a rule: a team, or a person; of neither, the administrators."""

    team: Team | None = None
    owner: Any = None


def is_administrators(by: AbstractBaseUser | AnonymousUser, permission: str = ADD_ALERT_RULE) -> bool:
    """Return whether this person makes rules, or what this permission is for, for the administrators, whom nothing
    binds."""
    return reach_of(by).is_whole and _may(by, permission)


def whose(by: AbstractBaseUser, kind: str, name: str, team: str = "") -> Whose:
    """Return whose a rule of this person's about this is. `team`: of whose jobs it is to tell; empty: as it is about.
    Raises ValidationError where there is no such thing, PermissionDenied where he may have none about it."""
    reach = reach_of(by)
    found = _team_of(by, Kind(kind), name, reach)
    wanted = team or found
    if is_administrators(by):
        return Whose(_team(team) if team else None)
    if wanted and ((reach.everything and team) or wanted in reach.teams) and _may(by, NEEDS[Kind(kind)]):
        return Whose(_team(wanted))
    if team:
        raise ValidationError({"team": [_not_in(team, reach)]})
    if kind == Kind.TARGET and not reach.everything:
        raise ValidationError(
            {"team": [f"Say of which team's jobs: {', '.join(sorted(reach.teams)) or 'you are in none'}."]}
        )
    return Whose(owner=by)


def may_tell_of(by: AbstractBaseUser | AnonymousUser, job: Job) -> bool:
    """Return whether this person, who sees the job, may have a rule about it."""
    reach = reach_of(by)
    is_own = reach.is_own(job) and _may(by, ADD_JOB)
    return is_own or (_may(by, CONTROL_JOB) and reach.touches(job) and not reach.own_only)


def may_change(by: AbstractBaseUser | AnonymousUser, rule: AlertRule) -> bool:
    """Return whether this person, who sees the rule, may change and delete it: what is his own, and his team's.
    Nobody who comes with a token for some queues or targets: a rule tells of more."""
    if is_administrators(by):
        return True
    if not is_unscoped(reach_of(by)):
        return False
    if rule.team is None:
        return rule.owner_id is not None and (rule.owner_id == by.pk or _reaches_all(by))
    return _may(by, NEEDS[Kind(rule.kind)]) and (reach_of(by).everything or rule.team.name in reach_of(by).teams)


def choices(by: AbstractBaseUser | AnonymousUser, permission: str = ADD_ALERT_RULE) -> Any:
    """Select the destinations that this person may choose."""
    found = Destination.objects.in_use()
    return found if is_administrators(by, permission) else found.open_to(reach_of(by)).order_by("name")


def destinations_of(rule: AlertRule) -> list[Destination]:
    """Return which of its destinations a rule tells: those that are on, and open to whose it is."""
    return [one for one in rule.destinations.all() if one.enabled and is_open(one, rule.team, rule.owner)]


def is_open(destination: Destination, team: Team | None, owner: Any) -> bool:
    """Return whether a rule of this team's, or person's, may tell this destination; of neither, all."""
    if (team is None and owner is None) or destination.open_to_all:
        return True
    given = {one.pk for one in destination.teams.all()}
    if team is not None:
        return team.pk in given
    return bool(given) and (_may(owner, ALL_TEAMS) or any(one.pk in given for one in owner.teams.all()))


def _team_of(by: AbstractBaseUser, kind: AlertRule.Kind, name: str, reach: Reach) -> str:
    """Return which team this is, as far as he who asks is in it; empty: none. Raises as `whose`."""
    if kind == Kind.JOB:
        return _of_job(by, name, reach)
    if not _may(by, NEEDS[kind]):
        raise PermissionDenied(why_refused(by, NEEDS[kind]))
    if reach.own_only:
        raise PermissionDenied(not_of_theirs(f"The {kind} '{name}'"))
    if kind == Kind.SCHEDULE:
        return _of_schedule(name, reach)
    if kind == Kind.TARGET:
        return _of_target(name, reach)
    if kind == Kind.TEAM:
        if not is_unscoped(reach) or not (reach.everything or name in reach.teams):
            raise PermissionDenied(_not_in(name, reach))
        return _team(name, "name").name
    if not reach.has(kind, name):
        raise PermissionDenied(not_of_theirs(f"The queue '{name}'"))
    return next(iter(sorted(reach.owners.get((kind, name), frozenset()) & reach.teams)), "")


def _of_job(by: AbstractBaseUser, name: str, reach: Reach) -> str:
    is_id = name.isascii() and name.isdigit() and len(name) < LONGEST_ID
    job = seen_job(int(name), reach) if is_id else None
    if job is None:
        raise ValidationError({"name": [f"There is no job '{name:.40}' that you see; give its id."]})
    if not may_tell_of(by, job):
        if not _may(by, CONTROL_JOB):
            raise PermissionDenied(why_refused(by, CONTROL_JOB))
        raise PermissionDenied(not_theirs(f"Job {job.pk}", job, reach))
    return reach.team_of(job.labels, job.queue) or ""


def _of_schedule(name: str, reach: Reach) -> str:
    row = Schedule.objects.within(reach).filter(name=name).first()
    if row is None:
        raise ValidationError({"name": [f"There is no schedule '{name:.100}' that you see."]})
    if not reach.touches(row):
        raise PermissionDenied(not_theirs(f"The schedule '{name}'", row, reach))
    return reach.team_of(row.labels, row.queue) or ""


def _of_target(name: str, reach: Reach) -> str:
    if targets.known(name) is None:
        raise ValidationError({"name": [f"There is no target '{name:.100}'; /api/v1/targets/ lists them."]})
    if reach.only_queues is not None or (reach.only_targets is not None and name not in reach.only_targets):
        raise PermissionDenied(not_of_theirs(f"The target '{name}'"))
    return next(iter(reach.teams)) if len(reach.teams) == 1 else ""


def _not_in(team: str, reach: Reach) -> str:
    mine = ", ".join(sorted(reach.teams))
    return f"You are in no team '{team:.100}'; {f'yours are: {mine}' if mine else 'leave it out'}."


def _team(name: str, field: str = "team") -> Team:
    found = Team.objects.filter(name=name).first()
    if found is None:
        raise ValidationError({field: [f"There is no team '{name:.100}'."]})
    return found


def _reaches_all(by: AbstractBaseUser | AnonymousUser) -> bool:
    reach = reach_of(by)
    return reach.is_whole and not reach.own_only and _may(by, CONTROL_JOB)


def _may(by: Any, permission: str) -> bool:
    return cast("PermissionsMixin", by).has_perm(permission)
