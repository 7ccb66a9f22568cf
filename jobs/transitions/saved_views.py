"""Changes of saved views: save, change, delete. Each has its audit in the same transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from jobs.database import transaction
from jobs.models import Audit, SavedView, Subject, Team
from jobs.models.described import Described, as_stored, tag_of
from jobs.models.saved_view import LONGEST_NAME, LONGEST_QUERY
from jobs.transitions.stale import refuse_stale

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MOST = 100  # views of one person


def save(name: str, query: str, *, by: AbstractBaseUser, now: datetime) -> SavedView:
    """Save a list under a name, for this person. `query` has been checked. Raises ValidationError."""
    name = _named(name)
    if len(query) > LONGEST_QUERY:
        raise ValidationError(f"This filter has {len(query):,} characters; a view has {LONGEST_QUERY:,} at most.")
    if SavedView.objects.of(by).count() >= MOST:
        raise ValidationError(f"You have {MOST} views; delete those that you no longer need.")
    view = SavedView(owner_id=by.pk, name=name, query=query, created_at=now)
    _write(view, by=by, now=now, before=None)
    return view


def change(
    view: SavedView,
    name: str,
    team: str,
    *,
    by: AbstractBaseUser,
    now: datetime,
    seen: Collection[str] | None = None,
) -> SavedView:
    """Give it this name, and share it with this team; empty: with nobody. Who has left a team changes nothing that its
    members see, but may take it back. Raises ValidationError, and Stale where it is none of those that were `seen`, by
    their tags."""
    name = _named(name)
    found = Team.objects.filter(name=team, members=by.pk).first() if team else None
    if team and found is None:
        raise ValidationError(f"You are in no team '{team[:100]}'; share a view with a team of yours, or with nobody.")
    with transaction.atomic():
        before = as_stored(SavedView.objects.filter(pk=view.pk))
        if before is None:
            raise ValidationError("This view has been deleted meanwhile; save it again.")
        refuse_stale(tag_of(before), seen)
        view.name, view.team = name, found
        _write(view, by=by, now=now, before=before)
    return view


def delete(view: SavedView, *, by: AbstractBaseUser, now: datetime) -> None:
    """Remove it, for those with whom it is shared, too."""
    with transaction.atomic():
        Audit.objects.note(Subject.VIEW, view.name, by=by, now=now, before=view.described(), after=None)
        view.delete()


def _write(view: SavedView, *, by: AbstractBaseUser, now: datetime, before: Described) -> None:
    try:
        with transaction.atomic():
            view.save()
            Audit.objects.note(Subject.VIEW, view.name, by=by, now=now, before=before, after=view.described())
    except IntegrityError as error:
        if "jobs_savedview_name_once" not in str(error):
            raise
        raise ValidationError(f"You have a view called '{view.name}'; choose another name.") from None


def _named(name: str) -> str:
    name = name.strip()
    if not name:
        raise ValidationError("A view needs a name; say what it shows.")
    if len(name) > LONGEST_NAME:
        raise ValidationError(f"This name is longer than {LONGEST_NAME} characters; choose a shorter one.")
    if not name.isprintable():
        raise ValidationError("This name holds a line break or another character that cannot be seen; leave it out.")
    return name
