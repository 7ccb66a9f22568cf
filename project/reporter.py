"""Django's page and mail about an error, without our secrets: drivers put passwords into texts of their own."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter

from project.secret import MASK, Secret


class Reporter(ExceptionReporter):
    """The settings' DEFAULT_EXCEPTION_REPORTER."""

    def get_traceback_html(self) -> SafeString:
        return mark_safe(masked(super().get_traceback_html()))  # noqa: S308 - as safe as it was

    def get_traceback_text(self) -> SafeString:
        return mark_safe(masked(super().get_traceback_text()))  # noqa: S308


def masked(text: str) -> str:
    """Replace each secret of the settings, also where it is escaped for HTML or for an address."""
    for secret in sorted({str(found) for found in _secrets() if found}, key=len, reverse=True):
        for form in (secret, quote(secret, safe=""), escape(secret)):
            text = text.replace(form, MASK)
    return text


def _secrets() -> Iterator[str | None]:
    yield settings.SECRET_KEY
    yield from settings.JOBS_HTTP_SIGNING_KEYS
    for broker in settings.CELERY_BROKER_URL.split(";"):
        yield urlsplit(broker).password
    for database in settings.DATABASES.values():
        yield database["PASSWORD"]
        yield from (value for value in database["OPTIONS"].values() if isinstance(value, Secret))
