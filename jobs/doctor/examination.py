"""Examination: each check in turn. One that fails stops no other, and none takes long."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace

from psycopg.errors import InsufficientPrivilege, LockNotAvailable, QueryCanceled

from jobs.clock import steady
from jobs.doctor.finding import Check, Finding, Needs, unknown
from jobs.doctor.patient import Patient, TookTooLong, bounded, brief
from jobs.doctor.report import Line, Report
from jobs.doctor.table import CHECKS
from jobs.masking import masked

PATIENCE = 60.0  # seconds for all: what is not looked at by then is not looked at


def examine(checks: Iterable[Check] = CHECKS, patient: Patient | None = None) -> Report:
    """Look at everything, and return what was found, worst first. Nothing is changed. Raises nothing."""
    begun = steady()
    patient = patient or Patient()
    try:
        with bounded():
            patient.connect()
    except TookTooLong as error:
        patient.database_away = str(error)
    lines = []
    for check in checks:
        if steady() - begun > PATIENCE:
            lines.append(Line(check.name, unknown(f"It was not looked at: the rest took over {PATIENCE:g} s.")))
            continue
        lines += [Line(check.name, _shown(finding)) for finding in _looked(check, patient)]
    patient.close()
    return Report(
        at=patient.now,
        host=platform.node(),
        seconds=steady() - begun,
        lines=tuple(sorted(lines, key=lambda line: line.finding.verdict.rank)),
    )


def _looked(check: Check, patient: Patient) -> list[Finding]:
    """Return what a check has found, or why it has not."""
    try:
        with bounded(), patient.at_the_database() if _asks(check, patient) else nullcontext():
            if why := _why_not(check, patient):
                return [unknown(f"It could not be looked at: {why}.", "Mend that first.")]
            return list(check.look(patient))
    except Exception as error:  # noqa: BLE001 - whatever befalls one check, the others have their turn
        return [_failed(error)]


def _asks(check: Check, patient: Patient) -> bool:
    return Needs.DATABASE in check.needs and not patient.database_away


def _why_not(check: Check, patient: Patient) -> str:
    """Return why the check cannot look; empty: it can."""
    if Needs.DATABASE in check.needs and patient.database_away:
        return "the database does not answer"
    if Needs.TABLES in check.needs and patient.missing_migrations:
        return "the tables are not up to date"
    if Needs.BROKER in check.needs and patient.broker_away:
        return "the broker does not answer"
    return ""


def _failed(error: Exception) -> Finding:
    cause = error.__cause__
    if isinstance(cause, InsufficientPrivilege):
        return unknown(
            f"It could not be looked at: {brief(cause)}.",
            "Give the role of DATABASE_URL the right to look: GRANT pg_monitor TO that role.",
        )
    if isinstance(cause, QueryCanceled | LockNotAvailable):
        return unknown("It could not be looked at: the database took too long over it.", "Look again when it is calm.")
    return unknown(f"It could not be looked at: {type(error).__name__}: {brief(error)}", "Look again.")


def _shown(finding: Finding) -> Finding:
    """Return it without secrets, each part in a line."""
    sentence, figure, remedy = (
        masked(" ".join(part.split())) for part in (finding.sentence, finding.figure, finding.remedy)
    )
    return replace(finding, sentence=sentence, figure=figure, remedy=remedy)
