"""Stop signals: the first one ends what is being started, later ones are passed on or counted."""

import os
import select
import signal
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Request to end, made by a signal. Not an Exception: only the outermost code may catch it."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)


class Interrupts:
    """The process's stop signals.

    While `raising`, the first raises StopRequested wherever the main thread is;
    the rest go to `pass_on`. All are counted.
    """

    def __init__(self) -> None:
        self.count = 0
        self.raising = True
        self.pass_on: Callable[[int], None] = lambda number: None
        self._wake, write = os.pipe()
        for end in (self._wake, write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            signal.signal(number, self._handle)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # wakes `wait` when a child ends

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.raising:
            self.raising = False
            raise StopRequested(number)
        self.pass_on(number)

    def wait(self, seconds: float) -> None:
        """Sleep until a signal arrives (also: a child has ended), at most that long."""
        select.select([self._wake], [], [], seconds)
        with suppress(BlockingIOError):
            os.read(self._wake, 4096)
