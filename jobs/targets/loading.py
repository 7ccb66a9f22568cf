"""Imports the targets of every installed app."""

from __future__ import annotations

import traceback

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

from jobs.targets.raised import named


def load() -> None:
    """Raises ImproperlyConfigured, with the place, when a `targets.py` cannot be imported: without it jobs that were
    accepted could not start, so no process starts."""
    try:
        autodiscover_modules("targets")
    except Exception as error:
        raise ImproperlyConfigured(
            f"A targets.py cannot be imported: {named(error)} ({_place(error)}). Mend it, or take its app out of "
            "INSTALLED_APPS."
        ) from error


def _place(error: Exception) -> str:
    """The innermost line of a `targets.py` on the way to the error, or where it was raised."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    frame = next((f for f in reversed(frames) if f.filename.endswith("targets.py")), frames[-1])
    return f"{frame.filename}, line {frame.lineno}"
