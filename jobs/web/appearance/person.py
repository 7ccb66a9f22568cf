"""Choices of a person: read with the user, kept in a small row."""

from __future__ import annotations

from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.db.models import Model
from django.http import HttpRequest

from jobs.calendars import zones
from jobs.models.preference import Preference


class WithPreference(ModelBackend):
    """Mixin of the backends by which people come: their preference is read with them, by the same statement."""

    def get_user(self, user_id: int) -> Any:
        user = get_user_model()._default_manager.select_related("jobs_preference").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None


def preference_of(user: object) -> Preference | None:
    """Return what this user has chosen; None: nothing, or nobody is logged in."""
    if not getattr(user, "is_authenticated", False):
        return None
    try:
        return cast("Preference", cast("Any", user).jobs_preference)
    except Preference.DoesNotExist:
        return None


def keep(user: Any, **chosen: str) -> None:
    """Keep these columns of the person's row. One statement, and none where nothing is new."""
    before = preference_of(user)
    if before is not None and all(getattr(before, name) == value for name, value in chosen.items()):
        return
    row = before or Preference(user_id=user.pk)
    for name, value in chosen.items():
        setattr(row, name, value)
    Preference.objects.bulk_create([row], update_conflicts=True, unique_fields=["user"], update_fields=sorted(chosen))
    cast("Any", cast("Model", user)).jobs_preference = row


def named(name: str) -> ZoneInfo | None:
    """Return the zone of this name; None where there is none, or none any more."""
    return None if not name or zones.problems(name) else zones.find(name)


def typed_zone(request: HttpRequest) -> str | None:
    """Return the name of the zone that a form speaks at first: the one that was typed last, or the person's own; None
    where neither is known."""
    known = preference_of(request.user)
    found = named(known.typed_zone or known.mine) if known else None
    return found.key if found else None


def remember_typed(request: HttpRequest, zone: ZoneInfo) -> None:
    """Have the next form speak this zone."""
    if typed_zone(request) != zone.key:
        keep(request.user, typed_zone=zone.key)
