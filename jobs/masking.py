"""Takes our secrets out of texts that others see: pages and mails about errors, what bodies say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.utils.html import escape

from jobs.celery import installed
from jobs.conf import conf
from jobs.secrets import MASK, SHORTEST
from jobs.secrets.hidden import Secret


def masked(text: str, shortest: int = SHORTEST) -> str:
    """Replace each secret of the settings of `shortest` characters or more by stars, also where it is escaped for HTML
    or for an address."""
    found = _pattern(shortest)
    return found.sub(MASK, text) if found and text else text


@cache
def _pattern(shortest: int) -> re.Pattern[str] | None:
    """Read once: settings do not change while a process lives."""
    forms = {
        form for secret in _secrets() for form in (secret, quote(secret, safe=""), unquote(secret), escape(secret))
    }
    long = sorted((form for form in forms if len(form) >= shortest), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, long))) if long else None


def _brokers() -> list[str]:
    url = getattr(settings, "CELERY_BROKER_URL", "") or (app.conf.broker_url if (app := installed()) else "")
    return str(url or "").split(";")


def _secrets() -> Iterator[str]:
    yield str(settings.SECRET_KEY)
    yield str(settings.EMAIL_HOST_PASSWORD)
    yield conf().oidc_client_secret
    for entry in conf().http_signing_keys:  # "receiver=key key": the receiver is no secret
        yield from str(entry).partition("=")[2].split()
    for broker in _brokers():
        yield urlsplit(broker).password or ""
    for database in settings.DATABASES.values():
        yield str(database.get("PASSWORD") or "")
        yield from (str(value) for value in database.get("OPTIONS", {}).values() if isinstance(value, Secret))
