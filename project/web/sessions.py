"""The database sessions of web processes: no statement of a request runs, or waits for a lock, for ever."""

from __future__ import annotations

from jobs.conf import conf
from jobs.postgresql.session import pin


def bound() -> None:
    """Bound each session that this process opens from now on."""
    most = f"{conf().statement_timeout * 1000:.0f}"  # ms
    pin(statement_timeout=most, idle_in_transaction_session_timeout=most)
