"""Passwords that are hashed anew at a login, with more rounds after an upgrade of Django: that is no change of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.db.models.signals import pre_save

from jobs.models import Token
from jobs.models.token import password_mark


def watch() -> None:
    """Have the tokens of a user go on when nothing but the hash of the password changes."""
    pre_save.connect(follow, sender=get_user_model(), dispatch_uid="jobs.tokens.passwords")


def follow(instance: Any, update_fields: Collection[str] | None, **_: Any) -> None:
    """Mark the tokens with the new hash, where Django saves a user for that alone, and the old hash asked for it."""
    if set(update_fields or ()) != {"password"} or instance._password is not None:
        return
    old = type(instance).objects.filter(pk=instance.pk).values_list("password", flat=True).first()
    if old and _is_outdated(old):
        tokens = Token.objects.of(instance).filter(password_mark=password_mark(old))
        tokens.update(password_mark=password_mark(instance.password))


def _is_outdated(hashed: str) -> bool:
    try:
        made_by = identify_hasher(hashed)
    except ValueError:  # there was no usable one
        return False
    wanted = get_hasher()
    return made_by.algorithm != wanted.algorithm or wanted.must_update(hashed)
