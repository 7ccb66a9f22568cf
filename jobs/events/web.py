"""Events of views: what they could not do."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class RequestWithoutDatabase(Event):
    """A view was answered with the page of a database that is away."""

    level = logging.WARNING
    text = "%(method)s %(path)s: the database failed: %(error)s"
    method: str
    path: str
    error: Exception


@dataclass(frozen=True)
class TokenUseNotNoted(Event):
    """Tokens were used, and when is not written down; their next use is."""

    level = logging.WARNING
    text = "the last use of %(tokens)d tokens was not written down: %(error)s"
    tokens: int
    error: Exception
