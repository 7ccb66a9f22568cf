"""Asks the database for all slots of a process at once: each on its own would open a connection of its own, hundreds at
the moment at which a starved machine has kept all of them waiting."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from jobs.worker.run import sessions

Q = TypeVar("Q")
A = TypeVar("A")


class Together(Generic[Q, A]):
    """A question that many threads may have at a time: one of them asks it for all that wait, while no other does. So
    what each is answered has been asked after it came."""

    def __init__(self, ask: Callable[[Sequence[Q]], Mapping[Q, A]]) -> None:
        """Make it. `ask` answers all that it is given."""
        self._ask = ask
        self._waiting: deque[tuple[Q, Future[A]]] = deque()
        self._turn = threading.Lock()

    def ask(self, question: Q) -> A:
        """Return the answer. Waits for it; raises what asking raises."""
        mine: Future[A] = Future()
        self._waiting.append((question, mine))
        with self._turn:
            if not mine.done():
                self._answer_all()
        return mine.result()

    def _answer_all(self) -> None:
        """Answer all that wait, on this thread's connection, which is closed if there was none. The lock is held."""
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
        had_one = sessions.any_open()
        try:
            answers = self._ask([question for question, _ in waiting])
            for question, future in waiting:
                future.set_result(answers[question])
        except BaseException as error:  # noqa: BLE001 - each of them raises it
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
        finally:
            if not had_one:
                sessions.close_all(None)
