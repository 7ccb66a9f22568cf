"""The last use of each token, to the minute. Written in the background: no request waits for it, or fails by it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from jobs.clock import steady
from jobs.database import connection
from jobs.events import emit
from jobs.events.web import TokenUseNotNoted
from jobs.models import Token
from jobs.models.token import NOTED_EVERY

TOGETHER_S = 1.0  # those that come meanwhile are written by the same statement
MOST_KEPT = 10_000  # tokens in a process


class Uses:
    """Tokens that were used and are not written yet. The thread that writes them ends when there are none, and its
    connection with it: at rest there is neither."""

    def __init__(self, wait: Callable[[float], object] | None = None) -> None:
        self._wait = wait or threading.Event().wait
        self._lock = threading.Lock()
        self._noted: dict[int, float] = {}  # when, on the steady clock
        self._new: set[int] = set()
        self._writes = False

    def note(self, token: Token, now: datetime) -> None:
        """Have it written that this was used now, unless it was so within the last minute: by the row, or by this
        process, whose last attempt may have failed."""
        if token.last_used_at is not None and now - token.last_used_at < NOTED_EVERY:
            return
        moment = steady()
        if moment - self._noted.get(token.pk, float("-inf")) < NOTED_EVERY.total_seconds():
            return
        with self._lock:
            if len(self._noted) >= MOST_KEPT:
                self._noted.clear()
            self._noted[token.pk] = moment
            self._new.add(token.pk)
            begins, self._writes = not self._writes, True
        if begins:
            threading.Thread(target=self.write, name="token-uses", daemon=True).start()

    def write(self) -> None:
        """Write all that were used, until there are no more."""
        try:
            while ids := self._taken():
                try:
                    Token.objects.used(ids)
                except Exception as error:  # noqa: BLE001 - whatever it is, the next use is written again
                    emit(TokenUseNotNoted(tokens=len(ids), error=error))
        finally:
            connection.close()

    def _taken(self) -> set[int]:
        self._wait(TOGETHER_S)
        with self._lock:
            taken, self._new = self._new, set()
            self._writes = bool(taken)
        return taken


uses = Uses()
