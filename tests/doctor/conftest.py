"""An installation that is well, and the doctor who looks at some things of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from jobs import zones
from jobs.clock import clock
from jobs.doctor import CHECKS, examination, examine
from jobs.doctor import patient as patients
from jobs.doctor.checks import tls
from jobs.doctor.finding import Finding
from jobs.doctor.patient import Patient
from jobs.models import Installation, Worker
from jobs.publishing import depths
from tests.monitor import rows

MINUTES = 600.0  # seconds
LATER = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine may be busy: what is bounded takes as long as it takes, but where a test is about the bound."""
    monkeypatch.setattr(examination, "bounded", lambda: patients.bounded(MINUTES))
    monkeypatch.setattr(examination, "PATIENCE", MINUTES)
    monkeypatch.setattr(depths, "PATIENCE", 30)
    monkeypatch.setattr(patients, "BROKER_PATIENCE", 30)
    monkeypatch.setattr(tls, "PATIENCE", 30)
    monkeypatch.setitem(patients.SETTINGS, "statement_timeout", "600s")
    monkeypatch.setitem(patients.SETTINGS, "lock_timeout", "600s")


@pytest.fixture
def look() -> Callable[..., list[Finding]]:
    """Return what the checks of these names find, worst first."""

    def looked(*names: str, patient: Patient | None = None) -> list[Finding]:
        checks = [check for check in CHECKS if check.name in names]
        assert len(checks) == len(names)
        return [line.finding for line in examine(checks, patient).lines]

    return looked


@pytest.fixture
def healthy(db: None) -> Worker:
    """A leader that has just listed, and a worker that takes jobs: both for as long as the test takes."""
    now = clock.current()
    Installation.current()
    rows.leader(now, listed=-LATER, zones=zones.RELEASE)
    return rows.worker(now, silent=-LATER, zones=zones.RELEASE, offset_ms=1.5, bundles=True)


@pytest.fixture
def other() -> Iterator[Any]:
    """Return a session of somebody else's in the test's database, which commits each statement."""
    session = connections.create_connection("default")
    yield session
    session.close()
