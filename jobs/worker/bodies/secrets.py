"""What must not come out of a worker by way of what bodies say: the secrets of this installation."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote, urlsplit

from django.conf import settings

SHORTEST = 6  # characters: to hide a shorter one would spoil words that have nothing to do with it


def hidden(text: str) -> str:
    """The same text, with stars for each of our secrets."""
    found = _pattern()
    return found.sub("********", text) if found and text else text


@cache
def _pattern() -> re.Pattern[str] | None:
    """Read once: settings do not change while a process lives."""
    broker = urlsplit(str(settings.CELERY_BROKER_URL)).password or ""
    databases = [str(database.get("PASSWORD") or "") for database in settings.DATABASES.values()]
    # Each entry is "receiver=key key": the receiver is no secret.
    signing_keys = [key for text in settings.JOBS_HTTP_SIGNING_KEYS for key in str(text).partition("=")[2].split()]
    known = [settings.SECRET_KEY, broker, unquote(broker), *databases, *signing_keys]
    long = sorted({secret for secret in map(str, known) if len(secret) >= SHORTEST}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, long))) if long else None
