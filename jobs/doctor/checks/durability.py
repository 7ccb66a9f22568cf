"""Checks of what the promises rest on: that what the database says is committed stays."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.doctor.finding import Finding, bad, ok, warn
from jobs.doctor.patient import Patient

# What the server, the database or the role say: our sessions set some of them themselves, those of others do not.
DEFAULTS = "SELECT name, reset_val FROM pg_settings WHERE name = ANY (%s)"
RELOAD = "then SELECT pg_reload_conf()."


def durable(patient: Patient) -> Iterator[Finding]:
    """Yield whether a commit survives a crash of the database's machine."""
    found = dict(patient.rows(DEFAULTS, ["fsync", "full_page_writes", "synchronous_commit"]))
    if found["fsync"] == "off":
        yield bad(
            "fsync is off: after a crash of its machine the database may be broken, and jobs may start twice.",
            f"ALTER SYSTEM SET fsync = on, {RELOAD}",
            "fsync = off",
        )
    if found["full_page_writes"] == "off":
        yield bad(
            "full_page_writes is off: a page that was half written at a crash stays so.",
            f"ALTER SYSTEM SET full_page_writes = on, {RELOAD}",
            "full_page_writes = off",
        )
    if found["synchronous_commit"] == "off":
        yield warn(
            "synchronous_commit is off by default: jobs that others insert by SQL may be lost in a crash after their "
            "commit. RunAt's own sessions set it on.",
            "ALTER DATABASE ... SET synchronous_commit = on, or ALTER ROLE, or ALTER SYSTEM: wherever it was set.",
            "synchronous_commit = off",
        )
    if "off" not in found.values():
        yield ok("What is committed stays.", f"synchronous_commit = {found['synchronous_commit']}")
