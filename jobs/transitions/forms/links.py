"""Links to forms, for people without an account: made, revoked, taken over. The secret of one is shown once and kept
nowhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.views.decorators.debug import sensitive_variables

from jobs import rules
from jobs.database import transaction
from jobs.models import Audit, Change, Described, Form, FormLink, Subject
from jobs.models.form import LONGEST_NAME, MOST_USES, digest_of
from jobs.rights.form_links import why_nobody_stands, why_not_by_links

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

BYTES = 32  # random ones of a secret
PREFIX = 8  # characters by which people tell one from another
MOST_DAYS = 366
MOST_LINKS = 200  # of one form
NAMED = "Say who gets it, on one line."


@dataclass(frozen=True)
class AskedLink:
    """A link that is asked for."""

    name: str
    days: int
    most_uses: int
    most_of_day: int


@dataclass(frozen=True)
class MadeLink:
    """A new link, and its secret, which is kept nowhere."""

    link: FormLink
    secret: str = field(repr=False)


@sensitive_variables()
def make(form: Form, asked: AskedLink, *, by: AbstractBaseUser, now: datetime) -> MadeLink:
    """Make a link to this form. Raises ValidationError by the fields of what was asked."""
    if problems := _problems(form, asked):
        raise ValidationError(problems)
    secret = secrets.token_urlsafe(BYTES)
    with transaction.atomic():
        link = FormLink.objects.create(
            form=form,
            name=asked.name.strip(),
            digest=digest_of(secret),
            prefix=secret[:PREFIX],
            expires_at=now + timedelta(days=asked.days),
            most_uses=asked.most_uses,
            most_of_day=asked.most_of_day,
            created_at=now,
            created_by_id=by.pk,
        )
        _note(link, before=None, verb=Change.CREATE, by=by, now=now)
    return MadeLink(link, secret)


def revoke(link: FormLink, *, by: AbstractBaseUser, now: datetime) -> bool:
    """End it at once; False where it was revoked already, or is gone."""
    with transaction.atomic():
        locked = FormLink.objects.select_for_update(no_key=True).filter(pk=link.pk).first()
        if locked is None or locked.revoked_at is not None:
            return False
        before = locked.described()
        locked.revoked_at = now
        locked.save(update_fields=["revoked_at"])
        _note(locked, before=before, verb=Change.CHANGE, by=by, now=now)
        return True


def take_over(link: FormLink, *, by: AbstractBaseUser, now: datetime) -> bool:
    """Have somebody else stand for what comes by it from now on; False where whoever made it still does, or it opens
    nothing for another reason."""
    with transaction.atomic():
        locked = FormLink.objects.select_for_update(no_key=True).filter(pk=link.pk).first()
        if locked is None or locked.why_ended(now) or not why_nobody_stands(locked.created_by, locked.form):
            return False
        before = locked.described()
        FormLink.objects.filter(pk=locked.pk).update(created_by=by.pk)
        locked.refresh_from_db(fields=["created_by"])
        _note(locked, before=before, verb=Change.CHANGE, by=by, now=now)
        return True


def _note(link: FormLink, *, before: Described, verb: Change, by: AbstractBaseUser, now: datetime) -> None:
    name = f"{link.form.name}: {link.prefix} {link.name}"
    after = link.described()
    Audit.objects.note(Subject.FORM_LINK, name, by=by, now=now, before=before, after=after, verb=verb)


def _problems(form: Form, asked: AskedLink) -> dict[str, list[str]]:
    name = asked.name.strip()
    found = {
        "name": rules.text_problems(name, LONGEST_NAME) if name.isprintable() and name else [NAMED],
        "days": [] if 1 <= asked.days <= MOST_DAYS else [f"A link lives for 1 to {MOST_DAYS} days."],
        "most_uses": [] if 1 <= asked.most_uses <= MOST_USES else [f"Give 1 to {MOST_USES:,} uses."],
        "most_of_day": [] if 1 <= asked.most_of_day <= asked.most_uses else ["Give 1 to as many as in all."],
        NON_FIELD_ERRORS: [why] if (why := why_not_by_links(form, form.payload)) else [],
    }
    if form.links.count() >= MOST_LINKS:
        found["name"] = [f"This form has {MOST_LINKS} links; make another form, or delete it with its links."]
    return {name: problems for name, problems in found.items() if problems}
