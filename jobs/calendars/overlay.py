"""The ranges of a calendar laid over each other: what a wall time lies in is found by bisection, however many there
are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from heapq import heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jobs.calendars.snapshot import OwnRange

WITHOUT_A_LABEL = "a closed range of its own"


class Span(NamedTuple):
    """Span from a wall time up to, not including, another. `closed`: why; None where it is open."""

    starts: datetime
    ends: datetime
    closed: str | None


class Overlay:
    """The spans that ranges cover, in order: closed ranges go over open ones, the first closed one says why."""

    def __init__(self, ranges: Sequence[OwnRange]) -> None:
        self._edges = sorted({edge for own in ranges for edge in (own.starts, own.ends)})
        self._spans = _spans(ranges, self._edges)
        self._starts = [span.starts for span in self._spans]

    def at(self, wall: datetime) -> Span | None:
        """The span that this wall time lies in."""
        place = bisect_right(self._starts, wall) - 1
        return self._spans[place] if place >= 0 and wall < self._spans[place].ends else None

    def edges(self, after: datetime, before: datetime) -> list[datetime]:
        """Return where ranges start and end between these two, both left out."""
        return self._edges[bisect_right(self._edges, after) : bisect_left(self._edges, before)]


def _spans(ranges: Sequence[OwnRange], edges: Sequence[datetime]) -> list[Span]:
    arriving = sorted(enumerate(ranges), key=lambda pair: pair[1].starts, reverse=True)
    closed: list[tuple[int, datetime, str]] = []  # those that have begun, the first of them on top
    open_until = datetime.min  # noqa: DTZ901 - a wall time
    found = []
    for begin, end in pairwise(edges):
        while arriving and arriving[-1][1].starts <= begin:
            place, own = arriving.pop()
            if own.is_open:
                open_until = max(open_until, own.ends)
            else:
                heappush(closed, (place, own.ends, own.label or WITHOUT_A_LABEL))
        while closed and closed[0][1] <= begin:
            heappop(closed)
        if closed:
            found.append(Span(begin, end, closed[0][2]))
        elif open_until > begin:
            found.append(Span(begin, end, None))
    return found


class Gaps:
    """Closed stretches of time that have been searched through, each up to the opening after it: the jobs of one
    request are often due in the same one."""

    def __init__(self) -> None:
        self._starts: list[datetime] = []
        self._openings: list[datetime] = []

    def first_after(self, moment: datetime) -> tuple[datetime, datetime] | None:
        """The first that ends after this moment: where it starts, as far as is known, and its opening."""
        place = bisect_right(self._openings, moment)
        return (self._starts[place], self._openings[place]) if place < len(self._openings) else None

    def add(self, start: datetime, opening: datetime) -> None:
        place = bisect_left(self._openings, opening)
        if place < len(self._openings) and self._openings[place] == opening:
            self._starts[place] = min(self._starts[place], start)
        else:
            self._starts.insert(place, start)
            self._openings.insert(place, opening)
