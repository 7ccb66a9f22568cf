"""The connections of a process, kept alive between jobs: so many at most, none for longer than its peer keeps it."""

from __future__ import annotations

import os
import re
import resource
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from concurrent import futures
from dataclasses import dataclass, field

import httpcore2

from jobs.clock import steady
from jobs.targets.http.opening import begin
from jobs.targets.http.stream import Stream

KEEP_ALIVE = 60.0  # seconds for which a connection that nobody uses stays open, if its peer says that it keeps it
UNTOLD = 1.0  # the same where the peer does not say: half of what the shortest servers keep one by default
MARGIN = 1.0  # seconds before the peer's own limit at which we leave it: our request takes time on its way
SHARE = 4  # a quarter of the descriptors that this process may have open
MOST_IDLE = 512

HINT = re.compile(r"(?:^|[,;\s])timeout\s*=\s*\"?(\d{1,9})", re.IGNORECASE)

_of_process: dict[int, Lines] = {}  # connections must not be shared by a fork
_making = threading.Lock()


@dataclass(eq=False)
class Line:
    """An open connection. `ms`: since its opening began, when each phase of that was done; empty for one that was kept
    from an earlier request."""

    connection: httpcore2.HTTP11Connection
    stream: Stream
    ms: dict[str, float] = field(default_factory=dict)
    idle_until: float | None = None  # on the steady clock; None while it has never been idle

    @property
    def kept(self) -> bool:
        return not self.ms

    def stands(self, ahead: float = 0.0) -> bool:
        """Return False when the other side has closed it, or may before what is sent in `ahead` seconds arrives."""
        if self.connection.is_closed():
            return False
        if self.idle_until is None:
            return not self.stream.has_ended()
        return steady() + ahead < self.idle_until and not self.stream.is_readable()

    def close(self) -> None:
        self.connection.close()


class Opening:
    """Connection that is being opened."""

    def __init__(self, lines: Lines, origin: httpcore2.Origin, seconds: float, wait: float) -> None:
        self._origin = origin
        self._promise = begin(origin, seconds, lines.close, wait=wait)

    def wait(self, seconds: float) -> Line | None:
        """The connection once it is there, None if it is not in that time. Raises what connecting raises."""
        if not futures.wait([self._promise], max(seconds, 0.0)).done:
            return None
        stream, ms = self._promise.result()
        return Line(httpcore2.HTTP11Connection(self._origin, stream), stream, ms)

    def close(self) -> None:
        """Close the connection once it is open: nobody wants it any more."""
        if not self._promise.cancel() and self._promise.exception() is None:
            self._promise.result()[0].close()


class Lines:
    """Connections of their own to each origin, one request at a time on each: at its instant a job needs to ask nobody
    for one (httpcore's pool looks at all of them for each request, which took 40 jobs of one instant 0.4 ms each)."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most_idle() if most is None else most
        self._all: dict[Line, str] = {}  # the one that was used last stands last
        self._idle: defaultdict[str, dict[Line, None]] = defaultdict(dict)
        self._lock = threading.Lock()
        self._swept = False  # by a thread, as long as there are idle ones

    def kept(self, origin: httpcore2.Origin, ahead: float = 0.0) -> Line | None:
        """The idle one that was used last, if it will stand so many seconds from now."""
        while (line := self._pop(str(origin))) is not None:
            if line.stands(ahead):
                return line
            line.close()
        return None

    def opening(self, origin: httpcore2.Origin, seconds: float, wait: float = 0.0) -> Opening:
        """Open another connection, given up after so many seconds. Raises a timeout where too many are on their way,
        and are so `wait` seconds later.
        """
        return Opening(self, origin, seconds, wait)

    def put(self, origin: httpcore2.Origin, line: Line, headers: Mapping[str, str]) -> None:
        """Keep a connection for the next request, if it is in a state for one; `headers` are those of its last answer,
        in lower case. The oldest goes where there are too many.
        """
        seconds = kept_for(headers.get("keep-alive"))
        if not line.connection.is_idle() or seconds <= 0:
            line.close()
            return
        line.ms, line.idle_until = {}, steady() + seconds
        with self._lock:
            self._all[line] = str(origin)
            self._idle[str(origin)][line] = None
            oldest = [self._forget(next(iter(self._all))) for _ in range(len(self._all) - self._most)]
            sweep, self._swept = not self._swept and bool(self._all), True
        for old in oldest:
            old.close()
        if sweep:
            threading.Thread(target=self._sweep, name="http-idle", daemon=True).start()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with self._lock:
            idle = [self._forget(line) for line in list(self._all)]
        for line in idle:
            line.close()

    def __len__(self) -> int:
        """Return how many are idle."""
        return len(self._all)

    def _pop(self, origin: str) -> Line | None:
        with self._lock:
            idle = self._idle.get(origin)
            return self._forget(next(reversed(idle))) if idle else None

    def _forget(self, line: Line) -> Line:
        """Take a connection out of the tables. The caller has the lock."""
        origin = self._all.pop(line)
        del self._idle[origin][line]
        if not self._idle[origin]:
            del self._idle[origin]
        return line

    def _sweep(self) -> None:
        """Close idle connections that have ended, whether or not jobs come, as long as there are any."""
        more = True
        while more:
            time.sleep(UNTOLD)
            with self._lock:
                over = [self._forget(line) for line in list(self._all) if not line.stands()]
                more = self._swept = bool(self._all)
            for line in over:
                line.close()


def of_process() -> Lines:
    """Return the connections of this process; a forked one has its own."""
    with _making:
        mine = _of_process.get(os.getpid())
        if mine is None:
            _of_process.clear()
            mine = _of_process[os.getpid()] = Lines()
        return mine


def most_idle() -> int:
    """Return how many unused connections this process keeps: the others of its descriptors are for what runs."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return MOST_IDLE
    return max(min(limit // SHARE, MOST_IDLE), 1)


def kept_for(hint: str | None) -> float:
    """Seconds for which a connection may be used again, by the Keep-Alive header of its last answer; none below 0."""
    found = HINT.search(hint or "")
    return UNTOLD if found is None else max(min(float(found[1]) - MARGIN, KEEP_ALIVE), 0.0)
