"""Says which forms links may open. Whoever has made one stands for what comes by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.models import Form
from jobs.permissions import CHANGE_FORM
from jobs.rights import target_rules
from jobs.rights.reach import reach_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


NEEDS_AN_ACCOUNT = (
    "Jobs of this form wait for the approval of a second person, who could be the one that has come by a link: links "
    "to it open nothing. Let people with an account fill it in."
)


def why_not_by_links(form: Form, payload: object) -> str:
    """Return why nothing with this payload comes of this form by a link; empty where it does. Of whoever comes by one
    nobody knows who it is, so that he could approve what he has asked for."""
    return NEEDS_AN_ACCOUNT if target_rules.is_dangerous(form.target, payload) else ""


def why_nobody_stands(maker: AbstractUser | None, form: Form) -> str:
    """Return why whoever has made a link to this form does not stand for it any more, a sentence for those who manage
    it; empty where he does. He may come back: then it opens again."""
    if maker is None:
        return "Whoever made it has no account any more: it opens nothing."
    name = maker.get_username()
    if not maker.is_active:
        return f"{name}, who made it, is switched off: it opens nothing."
    if not maker.has_perm(CHANGE_FORM) or not reach_of(maker).touches(form):
        return f"{name}, who made it, may not change this form any more: it opens nothing."
    return ""
