"""Viewers of the overview: each asks as a browser does that shows it."""

from __future__ import annotations

import http.client
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from jobs.clock import steady

PAGE, LIVE = "/", "/monitor/live/"
EVERY = 2.0  # seconds, as the page asks
RELOADED = 15  # times it is asked for its changing part until somebody loads all of it
PATIENCE = 60.0  # seconds


@dataclass
class Seen:
    """Milliseconds of each answer, by what was asked; those that say that nothing has changed have none of the page.
    `wrong`: answers that were something else."""

    took: dict[str, list[float]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def note(self, what: str, milliseconds: float, size: int) -> None:
        self.took.setdefault(what, []).append(milliseconds)
        self.sizes[what] = max(size, self.sizes.get(what, 0))


class Viewer:
    """Viewer with a connection of its own."""

    def __init__(self, port: int, live: str, session: str, seen: Seen) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._live, self._seen = live, seen
        self._headers = {"Cookie": session}
        self._etag = ""

    def look(self, until: float, stop: threading.Event) -> None:
        """Look at the page, and ask for what has changed, until then."""
        chance = random.Random()
        stop.wait(chance.uniform(0, EVERY))
        number = 0
        while steady() < until and not stop.is_set():
            began = steady()
            try:
                self._ask(PAGE if number % RELOADED == 0 else self._live)
            except (OSError, http.client.HTTPException) as error:
                self._seen.wrong.append(f"{type(error).__name__}: {error}")
                self._connection.close()
            number += 1
            stop.wait(max(began + EVERY * chance.uniform(0.95, 1.05) - steady(), 0))
        self._connection.close()

    def _ask(self, address: str) -> None:
        headers = dict(self._headers)
        if address != PAGE and self._etag:
            headers["If-None-Match"] = self._etag
        began = steady()
        self._connection.request("GET", address, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        took = (steady() - began) * 1000
        if answer.status not in (200, 304) or (answer.status == 200 and b'id="facts"' not in body):
            self._seen.wrong.append(f"{address} was answered with {answer.status}.")
            return
        self._etag = answer.headers.get("ETag", self._etag) if address != PAGE else self._etag
        self._seen.note("the page" if address == PAGE else "what changes", took, len(body))


def look_all(viewers: Sequence[Viewer], seconds: float, stop: threading.Event) -> None:
    """Have these look for so many seconds, each on a thread."""
    until = steady() + seconds
    threads = [threading.Thread(target=one.look, args=(until, stop), daemon=True) for one in viewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + PATIENCE)
