"""Versions in forms of definitions: whoever saves one does not go over what somebody else has saved since he opened
it."""

from __future__ import annotations

from django.http import HttpRequest

SEEN = "seen"  # the hidden field of the version that the form was shown for
CHANGED = "Somebody has changed this since you opened it, and nothing was saved. Open it again, and change it there."


def seen_in(request: HttpRequest) -> frozenset[str] | None:
    """Return the versions that whoever sends this form has seen; None where it does not say."""
    sent = request.POST.get(SEEN)
    return frozenset((sent,)) if sent else None
