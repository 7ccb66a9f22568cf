"""Rights to begin what goes on later, within the reach of its owner: a token that reaches less begins none of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied

from jobs.models.querysets.within import is_unscoped
from jobs.permissions import ALL_TEAMS, VIEW_JOB
from jobs.rights.reach import reach_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def check_reach_of_owner(by: AbstractBaseUser | None) -> None:
    """Check that this user reaches all that he reaches without his token: what he begins now goes on without it. Up to
    four statements for one who comes with a token that has scopes, none for others. Raises PermissionDenied."""
    if lacks := _lacks(by):
        raise PermissionDenied(
            "An operation on many jobs goes on within all that its owner may, and this token is for less. "
            f"Come with a token {lacks}, or do this on the page /operations/."
        )


def _lacks(by: AbstractBaseUser | None) -> str:
    """Return which token of the same owner would do, in words; empty where this one does, or nobody comes with one."""
    reach = reach_of(by)
    if not is_unscoped(reach):
        return "that has no queues and targets"
    token = getattr(by, "token", None)
    if by is None or token is None or token.scopes is None:
        return ""
    owner = reach_of(get_user_model()._default_manager.get(pk=by.pk))
    missing = [VIEW_JOB] if reach.own_only and not owner.own_only else []
    missing += [ALL_TEAMS] if owner.everything and not reach.everything else []
    scopes = "' and '".join(missing)
    return f"that has the scope '{scopes}'" if missing else ""
