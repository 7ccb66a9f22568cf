"""Tokens that tests come with."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from django.utils import timezone

from jobs import tokens
from jobs.tokens import changing


def make_token(owner: Any, by: Any = None, **asked: Any) -> tokens.Made:
    return tokens.make(owner, tokens.Asked(**asked), by=by, now=timezone.now())


def secret_of(owner: Any, **asked: Any) -> str:
    """Return a new token of this owner, of which nothing stands in the audit: what a test finds there is its own."""
    with patch.object(changing, "_note"):
        return make_token(owner, **asked).secret
