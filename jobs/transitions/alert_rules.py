"""Writes rules of alerts: make, change. Whose they are and whom they may tell is asked each time; each has its audit in
the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from jobs.database import transaction
from jobs.models import AlertRule, Destination
from jobs.models.alert_rule import THERE_IS_ONE
from jobs.rights.alert_rules import Whose, choices, is_open, whose
from jobs.transitions import definitions

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MOST_OF_ONE = 100  # rules of a person, or of a team
MOST = 1_000  # of all, as many as are judged
CHANGEABLE = ("seconds", "by_time", "time_zone", "level", "enabled")


def make(
    kind: str,
    name: str,
    when: str,
    destinations: Collection[str],
    *,
    team: str = "",
    by: AbstractBaseUser,
    now: datetime,
    **more: Any,
) -> AlertRule:
    """Make a rule; `more` is some of CHANGEABLE. Raises ValidationError by field, PermissionDenied."""
    belongs = whose(by, kind, name, team)
    rule = AlertRule(kind=kind, name=name, when=when, team=belongs.team, owner=belongs.owner, **more)
    chosen = _chosen(destinations, belongs, by)
    _judge(rule)
    if AlertRule.objects.count() >= MOST:
        raise ValidationError({"name": [f"There are {MOST:,} rules, as many as are judged: delete one."]})
    of_one = AlertRule.objects.filter(team=belongs.team, owner=belongs.owner)
    if belongs != Whose() and of_one.count() >= MOST_OF_ONE:
        raise ValidationError({"name": [f"{rule.whose} has {MOST_OF_ONE} rules; delete those that nobody needs."]})
    _write(rule, chosen, None, by=by, now=now)
    return rule


def change(
    rule: AlertRule,
    changes: Mapping[str, Any],
    *,
    by: AbstractBaseUser,
    now: datetime,
    seen: Collection[str] | None = None,
) -> AlertRule:
    """Change some of CHANGEABLE, and `destinations`. Who may is asked before. Raises ValidationError by field, and
    Stale where it is none of those that were `seen`, by their tags."""
    with transaction.atomic():
        before = definitions.stored(rule, seen)
        if before is None:
            raise ValidationError({"destinations": ["This rule has been deleted meanwhile; make it again."]})
        rule.refresh_from_db()  # what somebody else has changed meanwhile stays
        for field in CHANGEABLE:
            if field in changes:
                setattr(rule, field, changes[field])
        belongs = Whose(rule.team, rule.owner)
        chosen = _chosen(changes["destinations"], belongs, by) if "destinations" in changes else None
        _judge(rule)
        _write(rule, chosen, before, by=by, now=now)
    return rule


def _judge(rule: AlertRule) -> None:
    """Raise ValidationError by field where the rule makes no sense."""
    if rule.seconds is not None and rule.when != AlertRule.When.LONG:
        raise ValidationError({"seconds": ["Only what runs too long has a number of seconds; leave it out."]})
    if rule.by_time is not None and rule.when != AlertRule.When.NOT_ENDED:
        raise ValidationError({"by_time": ["Only what has not ended by a time of day has one; leave it out."]})
    if rule.by_time is None and rule.when == AlertRule.When.NOT_ENDED:
        raise ValidationError({"by_time": ["Say by which time of day it has to have ended, such as 06:00."]})
    try:
        rule.full_clean(exclude=["team", "owner"], validate_constraints=False)
        rule.validate_constraints()
    except ValidationError as error:
        found = error.message_dict
        raise ValidationError(
            {("name" if field == "__all__" else field): said for field, said in found.items()}
        ) from None


def _chosen(names: Collection[str], belongs: Whose, by: AbstractBaseUser) -> list[Destination]:
    """Return the destinations of these names, which who asks may choose, and which whose rule it is may tell. Raises
    ValidationError."""
    offered = {one.name: one for one in choices(by).prefetch_related("teams") if is_open(one, *belongs)}
    if not names:
        raise ValidationError({"destinations": [f"Say whom it tells: {_of(offered)}."]})
    unknown = [name for name in names if name not in offered]
    if unknown:
        said = f"There is no destination '{unknown[0]:.100}' that this rule may tell; there are: {_of(offered)}."
        raise ValidationError({"destinations": [said]})
    return [offered[name] for name in dict.fromkeys(names)]


def _of(offered: Collection[str]) -> str:
    return ", ".join(offered) or "none, until an administrator opens one to you or your team"


def _write(
    rule: AlertRule, chosen: list[Destination] | None, before: Any, *, by: AbstractBaseUser, now: datetime
) -> None:
    try:
        with transaction.atomic():
            rule.save()
            if chosen is not None:
                rule.destinations.set(chosen)
            definitions.note(rule, before, by=by, now=now)
    except IntegrityError as error:
        if "jobs_alertrule_once" not in str(error):
            raise
        raise ValidationError({"name": [THERE_IS_ONE]}) from None  # made in this very moment
