"""Django's page and mail about an error, without our secrets: drivers put passwords into texts of their own."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter

from jobs.masking import masked


class Reporter(ExceptionReporter):
    """The settings' DEFAULT_EXCEPTION_REPORTER."""

    def get_traceback_html(self) -> SafeString:
        return mark_safe(masked(super().get_traceback_html(), shortest=1))  # noqa: S308 - as safe as it was

    def get_traceback_text(self) -> SafeString:
        return mark_safe(masked(super().get_traceback_text(), shortest=1))  # noqa: S308
