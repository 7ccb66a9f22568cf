"""Tells those who wait when their jobs have ended: one thread and one statement for all of a process."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, InterfaceError

from jobs.api.patience import FIRST_LOOK, LAST_LOOK, ended
from jobs.database import connection

log = logging.getLogger(__name__)

MOST = 1000  # callers that may wait in one process; who comes then is answered at once, with 202
AFTER_AN_ERROR = 1.0  # seconds until the database is asked again


class Ends:
    """The jobs whose ends somebody waits for. All of it belongs to the event loop, but for the statement."""

    def __init__(self) -> None:
        self._waiting: dict[int, set[asyncio.Future[None]]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ends")
        self._looks: asyncio.Task[None] | None = None
        self._pause = FIRST_LOOK
        self._callers = 0

    def has_room(self) -> bool:
        """Return whether one more request may wait."""
        return self._callers < MOST

    async def wait(self, job_id: int, seconds: float) -> None:
        """Return when the job has ended, or the one that it has joined, or the time is over."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(job_id, set()).add(future)
        self._callers += 1
        self._pause = FIRST_LOOK
        if self._looks is None or self._looks.done():
            self._looks = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            pass
        finally:
            self._callers -= 1
            self._waiting[job_id].discard(future)
            if not self._waiting[job_id]:
                del self._waiting[job_id]

    async def _look(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 1.5, LAST_LOOK)
            asked = list(self._waiting)
            try:
                over = await asyncio.get_running_loop().run_in_executor(self._thread, _ask, asked)
            except (DatabaseError, InterfaceError) as error:
                log.warning("whether jobs have ended, for which callers wait, cannot be read: %s", error)
                self._pause = AFTER_AN_ERROR
                continue
            for job_id in over:
                for future in self._waiting.get(job_id, ()):
                    if not future.done():
                        future.set_result(None)

    def close(self) -> None:
        """Stop asking: the thread ends."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _ask(job_ids: list[int]) -> set[int]:
    """Return which of the jobs have ended. Runs in the thread, on its own connection, which is closed at any error."""
    try:
        return ended(job_ids)
    except (DatabaseError, InterfaceError):
        connection.close()
        raise
