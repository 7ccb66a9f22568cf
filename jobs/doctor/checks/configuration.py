"""Checks of the settings of this machine: what the system checks say, and what is good for trying out only."""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.conf import settings
from django.core import checks

from jobs.doctor.finding import Finding, bad, note, ok, warn
from jobs.doctor.patient import Patient
from jobs.settings_table import NEW_KEY, SHORTEST_KEY

WEAK = ("django-insecure-", "change", "secret", "example", "password")  # how keys begin that were copied from somewhere
FEWEST_SIGNS = 12  # of a key of 32 and more that is random


def system_checks(patient: Patient) -> Iterator[Finding]:
    """Yield what Django's and our own system checks say: values out of bounds, leads and windows that contradict each
    other, names that are no setting."""
    said = [message for message in checks.run_checks() if not message.is_silenced()]
    for message in said:
        kind = bad if message.is_serious() else warn
        yield kind(str(message.msg), str(message.hint or "docs/deployment.md lists the settings."), str(message.id))
    if not said:
        yield ok(
            "The settings of this machine are sound.", f"{sum(name.startswith('JOBS_') for name in os.environ)} set"
        )


def debug(patient: Patient) -> Iterator[Finding]:
    """Yield whether this machine shows tracebacks to whoever comes."""
    if settings.DEBUG:
        yield warn("DEBUG is on: pages show tracebacks and settings to everybody.", "Unset DEBUG, and restart web.")
    else:
        yield ok("DEBUG is off.")


def secret_key(patient: Patient) -> Iterator[Finding]:
    """Yield whether sessions are signed by a key that can be guessed."""
    key = str(settings.SECRET_KEY)
    figure = f"{len(key)} characters"
    remedy = f"Set SECRET_KEY on all hosts, for instance to what {NEW_KEY} says. It ends the sessions of all."
    if len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_SIGNS:
        yield bad("SECRET_KEY can be guessed: who does is whoever he wants to be.", remedy, figure)
    elif key.lower().startswith(WEAK):
        yield bad("SECRET_KEY begins like an example: who knows it is whoever he wants to be.", remedy, figure)
    else:
        yield ok("SECRET_KEY is long and has many signs.", figure)


def hosts(patient: Patient) -> Iterator[Finding]:
    """Yield which host names web answers to."""
    names = list(settings.ALLOWED_HOSTS)
    if "*" in names:
        yield warn(
            "ALLOWED_HOSTS has *: web answers under any name, and links in mails can be forged.",
            "Set ALLOWED_HOSTS to the names by which people reach web.",
            "*",
        )
    elif not names:
        yield bad("ALLOWED_HOSTS is empty: web refuses everybody.", "Set it to the names by which people reach web.")
    elif any(name.startswith(".") for name in names):
        wide = next(name for name in names if name.startswith("."))
        yield note(f"ALLOWED_HOSTS has {wide}: web answers under each name below it.", "Name the hosts.", len(names))
    else:
        yield ok("Web answers to names that are known.", ", ".join(names[:5]))
