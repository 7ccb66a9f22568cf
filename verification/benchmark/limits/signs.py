"""The leader's signs of life as the server saw them: when the session that has the lock said something."""

from __future__ import annotations

import threading
from datetime import datetime
from itertools import pairwise

from django.db import connection

from jobs.installation import known
from jobs.models import Leadership

EVERY = 0.1  # seconds: a leader says something each second or two
SAID = "SELECT state_change FROM pg_stat_activity WHERE pid = %s"


class Signs:
    """Looks from a thread of its own. As a context it runs, and ends it. `pids`: who has had the lock."""

    def __init__(self) -> None:
        self.at: list[datetime] = []
        self.pids: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="signs", daemon=True)

    def gaps(self, since: datetime, until: datetime) -> list[float]:
        """Seconds from one to the next, of those that ended between these moments."""
        pairs = pairwise(self.at)
        return [(later - sooner).total_seconds() for sooner, later in pairs if since <= later < until]

    def __enter__(self) -> Signs:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        lock = known.identity().lock
        try:
            while not self._stop.wait(EVERY):
                holder = Leadership.lock_holder(lock)
                if holder is None:
                    continue
                if holder.pid not in self.pids[-1:]:
                    self.pids.append(holder.pid)
                with connection.cursor() as cursor:
                    cursor.execute(SAID, [holder.pid])
                    row = cursor.fetchone()
                if row is not None and row[0] is not None and row[0] not in self.at[-1:]:
                    self.at.append(row[0])
        finally:
            connection.close()
