"""Writes subscriptions to changes of jobs: make, change; a team's, of its own jobs, or the administrators'. Each has
its audit in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import PermissionDenied, ValidationError

from jobs.database import transaction
from jobs.models import Destination, Subscription, Team
from jobs.models.querysets.within import is_unscoped
from jobs.permissions import ADD_SUBSCRIPTION, CONTROL_JOB, VIEW_JOB, why_refused
from jobs.rights import reach_of
from jobs.rights.alert_rules import choices, is_administrators, is_open
from jobs.rights.seeing import not_of_theirs
from jobs.transitions import definitions

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin

MOST = 50  # as many as are told
MOST_OF_ONE = 10  # of a team
FIELDS = ("types", "queue", "target", "enabled")


def make(destination: str, *, team: str = "", by: AbstractBaseUser, now: datetime, **more: Any) -> Subscription:
    """Make a subscription; `more` is some of FIELDS. Raises ValidationError by field, PermissionDenied."""
    found = _whose(by, team)
    row = Subscription(of_team=found, destination=_chosen(destination, found, by), **more)
    row.full_clean(exclude=["of_team", "destination"])
    if Subscription.objects.count() >= MOST:
        raise ValidationError({"destination": [f"There are {MOST} subscriptions, as many as are told: delete one."]})
    if found is not None and Subscription.objects.filter(of_team=found).count() >= MOST_OF_ONE:
        said = f"The team '{found}' has {MOST_OF_ONE} subscriptions; delete those that nobody needs."
        raise ValidationError({"destination": [said]})
    with transaction.atomic():
        row.save()
        definitions.note(row, None, by=by, now=now)
    return row


def change(
    row: Subscription,
    changes: Mapping[str, Any],
    *,
    by: AbstractBaseUser,
    now: datetime,
    seen: Collection[str] | None = None,
) -> Subscription | None:
    """Change some of FIELDS, and `destination`. Who may is asked before. Returns None where somebody else has deleted
    it meanwhile. Raises ValidationError by field, and Stale where it is none of those that were `seen`, by their
    tags."""
    with transaction.atomic():
        before = definitions.stored(row, seen)
        if before is None:
            return None
        row.refresh_from_db()  # what somebody else has changed meanwhile stays
        if "destination" in changes:
            row.destination = _chosen(changes["destination"], row.of_team, by)
        for field in FIELDS:
            if field in changes:
                setattr(row, field, changes[field])
        row.full_clean(exclude=["of_team", "destination"])
        row.save(update_fields=["destination", *FIELDS])
        definitions.note(row, before, by=by, now=now)
    return row


def may_change(by: AbstractBaseUser, row: Subscription) -> bool:
    """Return whether this person, who sees the subscription, may change and delete it: what is his team's."""
    reach = reach_of(by)
    if is_administrators(by, ADD_SUBSCRIPTION):
        return True
    of_his = row.of_team is not None and (reach.everything or row.of_team.name in reach.teams)
    return of_his and is_unscoped(reach) and _may(by, CONTROL_JOB)


def _whose(by: AbstractBaseUser, team: str) -> Team | None:
    """Return of which team's jobs it is to tell; None: of all, for administrators."""
    reach = reach_of(by)
    if reach.own_only:  # it would tell of jobs that he does not see
        raise PermissionDenied(why_refused(by, VIEW_JOB))
    if not team and len(reach.teams) == 1:
        team = next(iter(reach.teams))
    if not team and is_administrators(by, ADD_SUBSCRIPTION):
        return None
    if not is_unscoped(reach):
        raise PermissionDenied(not_of_theirs("What is beyond this token's queues and targets"))
    if not team:
        said = "Say of which team's jobs: those of all teams only administrators subscribe to."
        raise ValidationError({"team": [said]})
    if not reach.everything and team not in reach.teams:
        raise PermissionDenied(not_of_theirs(f"The team '{team:.100}'"))
    found = Team.objects.filter(name=team).first()
    if found is None:
        raise ValidationError({"team": [f"There is no team '{team:.100}'."]})
    return found


def _chosen(name: str, team: Team | None, by: AbstractBaseUser) -> Destination:
    """Return the webhook of this name, which who asks may choose and the team may be told by. Raises
    ValidationError."""
    offered = {
        one.name: one
        for one in choices(by, ADD_SUBSCRIPTION).filter(kind=Destination.Kind.WEBHOOK).prefetch_related("teams")
        if is_open(one, team, None)
    }
    if name not in offered:
        known = ", ".join(offered) or "none, until an administrator opens one to your team"
        said = f"There is no webhook '{name:.100}' that it may tell; there are: {known}."
        raise ValidationError({"destination": [said]})
    found: Destination = offered[name]
    return found


def _may(by: AbstractBaseUser, permission: str) -> bool:
    return cast("PermissionsMixin", by).has_perm(permission)
