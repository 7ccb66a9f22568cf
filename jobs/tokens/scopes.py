"""Scopes: the permissions that a token can be made for, each in words, and what its user may do by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from jobs import permissions

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin

    from jobs.models import Token

# In this order people choose from them.
SCOPES: Mapping[str, str] = {
    permissions.VIEW_JOB: "see jobs, workers and figures",
    permissions.ADD_JOB: "create jobs",
    permissions.CONTROL_JOB: "cancel, move, start and retry jobs, drain workers",
    permissions.APPROVE_JOB: "approve jobs",
    permissions.VIEW_SECRETS: "see what is secret in arguments",
    permissions.REDACT_JOB: "redact jobs",
    permissions.ALL_TEAMS: "with what all teams own, and nobody",
    permissions.VIEW_SCHEDULE: "see schedules",
    permissions.ADD_SCHEDULE: "create schedules",
    permissions.CHANGE_SCHEDULE: "change schedules",
    permissions.DELETE_SCHEDULE: "delete schedules",
    permissions.CONTROL_SCHEDULE: "pause schedules, skip and move their runs, backfill",
    permissions.VIEW_TRIGGER: "see triggers",
    permissions.FIRE_TRIGGER: "call triggers",
    permissions.CHANGE_TRIGGER: "define triggers",
    permissions.DELETE_TRIGGER: "delete triggers",
    permissions.VIEW_LIMIT: "see limits of queues and keys",
    permissions.CHANGE_LIMIT: "set limits of queues and keys",
    permissions.DELETE_LIMIT: "delete limits of queues and keys",
    permissions.PAUSE_LIMIT: "pause and resume queues and keys",
    permissions.VIEW_CALENDAR: "see calendars",
    permissions.CHANGE_CALENDAR: "define calendars",
    permissions.VIEW_ALERT: "see alerts",
    permissions.ACKNOWLEDGE_ALERT: "acknowledge and silence alerts",
    permissions.ADD_ALERT_RULE: "make rules of alerts that tell any destination",
    permissions.ADD_SUBSCRIPTION: "make subscriptions to the jobs of all teams",
    permissions.VIEW_OBJECTIVE: "see objectives and their error budgets",
    permissions.CHANGE_OBJECTIVE: "define objectives",
    permissions.DELETE_OBJECTIVE: "delete objectives",
    permissions.VIEW_AUDIT: "see who has changed what",
    permissions.STOP_EVERYTHING: "stop everything, and let it go on",
    permissions.RELEASE_INSTALLATION: "let jobs start again after a restore",
}


def owned(owner: AbstractBaseUser) -> list[str]:
    """Return the scopes that a token of this owner can have: what he may do himself at present."""
    return [scope for scope in SCOPES if cast("PermissionsMixin", owner).has_perm(scope)]


def scopes_of(token: Token) -> list[str]:
    """Return what a token may do, in words. Its scopes that nobody has words for any more are there by their names."""
    if token.scopes is None:
        return ["all that its owner may"]
    return in_words(token.scopes)


def in_words(scopes: Iterable[str]) -> list[str]:
    given = set(scopes)
    known = [words for scope, words in SCOPES.items() if scope in given]
    return [*known, *sorted(given - SCOPES.keys())]


def narrow(user: Any, rights: set[str], token: Token) -> None:
    """Leave to this user, who comes with that token, the rights that both have. For one request: he is never saved.

    A superuser who comes with scopes is none, so that Django asks which rights he has.
    """
    user.token = token
    if token.scopes is None:
        user._perm_cache = rights  # where Django's backend keeps them
        return
    scopes = set(token.scopes)
    user._perm_cache = scopes if user.is_superuser else rights & scopes
    user.is_superuser = False
