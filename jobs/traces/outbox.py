"""Queue of spans that a thread sends, a batch at a time. Whoever puts one in never waits for the collector."""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from jobs.clock import steady
from jobs.events import emit
from jobs.events.traces import SpansDropped, SpansNotSent

MOST = 4096  # spans that wait
BATCH = 512  # spans in one request
EVERY = 1.0  # seconds
LEAVE = 3.0  # seconds that a process stays for what is left when it ends
SAY_EVERY = 60.0  # seconds


class Exporter(Protocol):
    """Sender of spans: OpenTelemetry's."""

    def export(self, spans: Any, /) -> object: ...

    def shutdown(self) -> object: ...


class Outbox:
    """Sends spans by one thread, begun with the first of them: in the process that has them, a forked one too."""

    def __init__(self, make: Callable[[], Exporter], draw: Callable[[Any], object | None] = lambda span: span) -> None:
        """Make it. `make` makes what sends, when there is something to send; `draw` makes a span of what was put in, or
        None."""
        self._make, self._draw = make, draw
        self._begin()
        atexit.register(self.stop, LEAVE)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._waiting: deque[object] = deque()
        self._wanted = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._exporter: Exporter | None = None
        self._stopping = False
        self._dropped = 0
        self._said_at = float("-inf")  # on the steady clock

    def put(self, one: object) -> None:
        """Have the span of this sent soon; does not wait. It is dropped where too many wait already."""
        if self._pid != os.getpid():
            self._begin()
        if len(self._waiting) >= MOST:
            self._dropped += 1
            return
        self._waiting.append(one)
        if len(self._waiting) == BATCH:
            self._wanted.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._loop, name="traces", daemon=True)
                    self._thread.start()

    def stop(self, within: float) -> None:
        """Send what is left, in so many seconds; what is left then is lost."""
        if self._thread is None or self._pid != os.getpid():
            return
        self._stopping = True
        self._wanted.set()
        self._thread.join(within)
        if self._thread.is_alive() and self._exporter is not None:
            self._exporter.shutdown()  # it does not try again

    def _loop(self) -> None:
        while not self._stopping or self._waiting:
            if not self._stopping:
                self._wanted.wait(EVERY)
                self._wanted.clear()
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]
            if batch:
                self._send(batch)

    def _send(self, batch: Sequence[object]) -> None:
        why = ""
        try:
            self._exporter = self._exporter or self._make()
            spans = [span for one in batch if (span := self._draw(one)) is not None]
            answer = self._exporter.export(spans)
            why = "" if getattr(answer, "name", "SUCCESS") == "SUCCESS" else "the collector did not take them"
        except Exception as error:  # noqa: BLE001 - the next ones are to be sent
            why = repr(error)
        dropped, self._dropped = self._dropped, 0
        if not why and not dropped:
            return
        if steady() - self._said_at < SAY_EVERY:
            self._dropped += dropped
            return
        self._said_at = steady()
        if why:
            emit(SpansNotSent(len(batch), why))
        if dropped:
            emit(SpansDropped(dropped))
