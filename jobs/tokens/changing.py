"""Changes of tokens: make, rotate, revoke. Each has its audit in the same transaction, without the secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.views.decorators.debug import sensitive_variables
from knox.models import AuthToken, get_digest_token
from knox.settings import CONSTANTS

from jobs import targets
from jobs.conf import conf
from jobs.database import transaction
from jobs.models import Audit, Change, Subject, Token
from jobs.models.constraints import LONGEST_QUEUE, QUEUE_PATTERN
from jobs.models.token import LONGEST_NAME, password_mark
from jobs.permissions import DELETE_TOKEN
from jobs.tokens.scopes import SCOPES, owned

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin

MARK = "runat_"  # by which a token that was left somewhere is found, and known for what it is
GRACES = {"0": timedelta(), "1h": timedelta(hours=1), "1d": timedelta(days=1)}
MOST = 500  # tokens of one owner
KEPT_AFTER = timedelta(days=90)  # expired ones of an owner are listed so long; they go when another is made


@dataclass(frozen=True)
class Asked:
    """A token that is asked for. `scopes`, `queues`, `targets` None: all, any."""

    name: str = ""
    life: timedelta | None = None
    scopes: Sequence[str] | None = None
    queues: Sequence[str] | None = None
    targets: Sequence[str] | None = None


@dataclass(frozen=True)
class Made:
    """A new token, and the secret itself, which is kept nowhere."""

    token: Token
    secret: str = field(repr=False)


def longest() -> timedelta | None:
    """Return how long a token may live at most; None: for ever."""
    days = conf().token_max_days
    return None if days is None else timedelta(days=days)


def may_change(by: AbstractBaseUser | None, owner: AbstractBaseUser) -> bool:
    """Return whether this person may make, rotate and revoke tokens of that owner: one's own, a superuser all. None is
    whoever may run commands here."""
    return by is None or by.pk == owner.pk or cast("PermissionsMixin", by).is_superuser


@sensitive_variables()
def make(owner: AbstractBaseUser, asked: Asked, *, by: AbstractBaseUser | None, now: datetime) -> Made:
    """Make a token of this owner. Raises PermissionDenied, ValidationError by the fields of what was asked."""
    if not may_change(by, owner):
        raise PermissionDenied("Only a superuser makes tokens for somebody else.")
    if problems := dict(_problems(owner, asked)):
        raise ValidationError(problems)
    try:
        with transaction.atomic():
            _forget_old(owner, now)
            return _made(owner, asked, by=by, made_by=getattr(by, "pk", None), now=now)
    except IntegrityError as error:  # somebody has taken the name meanwhile
        if "jobs_token_name_once" not in str(error):
            raise
        raise ValidationError({"name": _taken(owner)}) from None


@sensitive_variables()
def rotate(token: Token, grace: timedelta, *, by: AbstractBaseUser | None, now: datetime) -> Made:
    """Make another in its place, which may do the same and lives as long; the old one goes on for the grace time. One
    that has ended has none. Raises PermissionDenied, ValidationError."""
    if not may_change(by, token.owner):
        raise PermissionDenied("Only a superuser rotates tokens of somebody else.")
    with transaction.atomic():
        old = _locked(token)
        if old.rotated_at is not None:
            raise ValidationError(f"{old} was replaced already; rotate the one that took its place.")
        if not old.owner.is_active:
            raise ValidationError(_not_active(old.owner))
        most = longest()
        life = min((span for span in (old.life, most) if span is not None), default=None)
        if grace and not old.why_ended(now):
            before = old.described()
            old.rotated_at = now
            old.save(update_fields=["rotated_at"])
            old.credential.expiry = min(filter(None, (old.expires_at, now + grace)))
            old.credential.save(update_fields=["expiry"])
            _note(old, by=by, now=now, before=before, after=old.described(), verb=Change.CHANGE)
        else:
            _end(old, by=by, now=now)
        asked = Asked(old.name, life, old.scopes, old.queues, old.targets)
        return _made(old.owner, asked, by=by, made_by=old.made_by_id, now=now)


def revoke(token: Token, *, by: AbstractBaseUser | None, now: datetime) -> None:
    """End it at once: nothing of it is left but its audit. Raises PermissionDenied, Token.DoesNotExist."""
    if not may_change(by, token.owner) and not cast("PermissionsMixin", by).has_perm(DELETE_TOKEN):
        raise PermissionDenied("Only a superuser revokes tokens of somebody else.")
    with transaction.atomic():
        _end(_locked(token), by=by, now=now)


def _locked(token: Token) -> Token:
    """Return it as it is, where nobody else changes it until this transaction ends."""
    rows = Token.objects.select_related("credential", "owner")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=token.pk)


def _end(token: Token, *, by: Any, now: datetime) -> None:
    _note(token, by=by, now=now, before=token.described(), after=None, verb=Change.DELETE)
    token.credential.delete()


@sensitive_variables()
def _made(owner: Any, asked: Asked, *, by: Any, made_by: int | None, now: datetime) -> Made:
    digest, secret = get_digest_token(MARK)
    prefix = secret[: CONSTANTS.TOKEN_KEY_LENGTH]
    name = asked.name.strip() or f"unnamed {prefix.removeprefix(MARK)}"
    credential = AuthToken(digest=digest, token_key=prefix, user=owner, expiry=asked.life and now + asked.life)
    credential.save(force_insert=True)
    token = Token.objects.create(
        credential=credential,
        owner=owner,
        name=name,
        scopes=asked.scopes and sorted({*asked.scopes}),
        queues=asked.queues and sorted({*asked.queues}),
        targets=asked.targets and sorted({*asked.targets}),
        password_mark=password_mark(owner.password),
        made_by_id=made_by,
    )
    _note(token, by=by, now=now, before=None, after=token.described(), verb=Change.CREATE)
    return Made(token, secret)


def _note(token: Token, *, by: Any, now: datetime, before: Any, after: Any, verb: Change) -> None:
    name = f"{token.prefix} {token.name}"
    Audit.objects.note(Subject.TOKEN, name, by=by, now=now, before=before, after=after, verb=verb)


def _forget_old(owner: Any, now: datetime) -> None:
    """Remove what expired long ago, so that a program that makes a token a day leaves no long list."""
    for old in Token.objects.of(owner).over_since(now - KEPT_AFTER).select_related("credential"):
        old.credential.delete()


def _not_active(owner: Any) -> str:
    return f"The account of '{owner.get_username()}' is not active: its token would be refused; activate it."


def _problems(owner: Any, asked: Asked) -> Mapping[str, list[str]]:
    """Return what is wrong, by field."""
    found: dict[str, list[str]] = {
        "name": _name_problems(owner, asked.name.strip()),
        "expires": _life_problems(asked.life),
        "scopes": _scope_problems(owner, asked.scopes),
        "queues": _queue_problems(asked.queues),
        "targets": _target_problems(asked.targets),
        "owner": _owner_problems(owner),
    }
    return {name: problems for name, problems in found.items() if problems}


def _owner_problems(owner: Any) -> list[str]:
    if not owner.is_active:
        return [_not_active(owner)]
    if Token.objects.of(owner).count() >= MOST:
        return [f"'{owner.get_username()}' has {MOST} tokens; revoke those that nobody needs."]
    return []


def _name_problems(owner: Any, name: str) -> list[str]:
    if len(name) > LONGEST_NAME:
        return [f"This is longer than {LONGEST_NAME} characters; choose a shorter name."]
    if not name.isprintable():
        return ["This holds a line break or another character that cannot be seen; leave it out."]
    if Token.objects.of(owner).filter(name=name, rotated_at=None).exists():
        return [_taken(owner)]
    return []


def _taken(owner: Any) -> str:
    return f"'{owner.get_username()}' has a token of this name; choose another name, or rotate that one."


def _life_problems(life: timedelta | None) -> list[str]:
    most = longest()
    if life is not None and life <= timedelta():
        return ["It would have expired before it was made."]
    if most is not None and (life is None or life > most):
        return [f"A token may live for {most.days} days at most (JOBS_TOKEN_MAX_DAYS)."]
    return []


def _scope_problems(owner: Any, scopes: Sequence[str] | None) -> list[str]:
    if scopes is None:
        return []
    if not scopes:
        return ["Choose at least one, or all that the owner may."]
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        return [f"There is no scope '{unknown[0][:100]}'. Known are: {', '.join(SCOPES)}."]
    may = set(owned(owner))
    missing = [scope for scope in scopes if scope not in may]
    if missing:
        return [f"'{owner.get_username()}' does not have the permission '{missing[0]}', so no token of theirs can."]
    return []


def _queue_problems(queues: Sequence[str] | None) -> list[str]:
    if queues is None:
        return []
    wrong = [one for one in queues if not re.fullmatch(QUEUE_PATTERN, one) or len(one) > LONGEST_QUEUE]
    return [f"'{wrong[0][:100]}' is no name of a queue."] if wrong else _some(queues)


def _target_problems(wanted: Sequence[str] | None) -> list[str]:
    if wanted is None:
        return []
    known = targets.names()
    unknown = [one for one in wanted if one not in known]
    if unknown:
        return [f"There is no target '{unknown[0][:100]}'. Known are: {', '.join(known)}."]
    return _some(wanted)


def _some(chosen: Sequence[str]) -> list[str]:
    return [] if chosen else ["Name at least one, or leave it out for any."]
