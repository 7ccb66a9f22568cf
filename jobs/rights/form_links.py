"""Says who may make links to a form. Whoever has made one stands for what comes by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.models import Form
from jobs.permissions import CHANGE_FORM
from jobs.rights.reach import reach_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


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
