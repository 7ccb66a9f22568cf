"""Asks the database for all slots of a process at once: each on its own would open a connection of its own, hundreds at
the moment at which a starved machine has kept all of them waiting."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from django.db.backends.base.base import BaseDatabaseWrapper

from jobs.clock import steady
from jobs.worker.run import sessions

Q = TypeVar("Q")
A = TypeVar("A")


class Together(Generic[Q, A]):
    """A question that many threads may have at a time: one of them asks it for all that wait, while no other does. So
    what each is answered has been asked after it came.

    Who has asked gives the turn, and the connection, to the first of those that came meanwhile; what is answered waits
    for nobody.
    """

    def __init__(self, ask: Callable[[Sequence[Q]], Mapping[Q, A]]) -> None:
        """Make it. `ask` answers all that it is given."""
        self._ask = ask
        self._waiting: deque[tuple[Q, Future[tuple[A, float] | None]]] = deque()
        self._lock = threading.Lock()
        self._asking = False
        self._connection: BaseDatabaseWrapper | None = None  # goes with the turn

    def ask(self, question: Q) -> tuple[A, float]:
        """Return the answer, and when it was asked for, in seconds on the steady clock: a starved thread hears of it
        late. Waits for it; raises what asking raises."""
        mine: Future[tuple[A, float] | None] = Future()
        with self._lock:
            self._waiting.append((question, mine))
            is_first, self._asking = not self._asking, True
        if not is_first:
            answer = mine.result()
            if answer is not None:
                return answer
            mine = Future()
            with self._lock:  # it was the first that waits, and has the turn
                self._waiting.appendleft((question, mine))
        self._answer_all()
        answer = mine.result()
        assert answer is not None  # noqa: S101 - it was among all
        return answer

    def _answer_all(self) -> None:
        """Answer all that wait, and give the turn away."""
        with self._lock:
            waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
            connection, self._connection = self._connection, None
        had_one = sessions.any_open()
        if connection is not None and not had_one:
            sessions.take_over(connection)
        try:
            asked = steady()
            answers = self._ask([question for question, _ in waiting])
            for question, future in waiting:
                future.set_result((answers[question], asked))
        except BaseException as error:  # noqa: BLE001 - each of them raises it
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
        finally:
            self._give_away(connection if had_one else sessions.hand_over())

    def _give_away(self, connection: BaseDatabaseWrapper | None) -> None:
        with self._lock:
            self._asking = bool(self._waiting)
            following = self._waiting.popleft()[1] if self._asking else None
            self._connection, left = (connection, None) if self._asking else (None, connection)
        if following is not None:
            following.set_result(None)
        if left is not None:
            sessions.throw_away(left)
