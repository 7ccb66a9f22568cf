"""The moment at which tests of lateness look."""

from __future__ import annotations

from datetime import datetime

import pytest

from jobs.clock import clock
from tests.transitions.conftest import _looks_at_once, office, published, waited

__all__ = ["_looks_at_once", "office", "published", "waited"]


@pytest.fixture
def at(db: None) -> datetime:
    """Now, by the database's clock, as the views read it."""
    return clock.current()
