"""A thread beside the load of a round: what goes on while that does."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from types import TracebackType
from typing import Self

from django.db import connection


class Beside:
    """Context that runs `loop` in a thread, and ends it. What that has died of is raised at the end."""

    def __init__(self, name: str) -> None:
        self._stop = Event()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._running: Future[None] | None = None

    def loop(self) -> None:
        """Go on until `pause` says that it is over."""
        raise NotImplementedError

    def pause(self, seconds: float) -> bool:
        """Wait so long; return whether it is over."""
        return self._stop.wait(max(seconds, 0.0))

    def __enter__(self) -> Self:
        self._running = self._pool.submit(self._loop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._pool.shutdown()
        if kind is None and self._running is not None:
            self._running.result()

    def _loop(self) -> None:
        try:
            self.loop()
        finally:
            connection.close()
