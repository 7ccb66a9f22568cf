"""Reckons how many slots planned starts need: by when they are due and how long bodies of their target take."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

CELL = 10  # seconds
WINDOWS = {"1m": 60, "5m": 300, "15m": 900, "60m": 3600}
LONGEST = max(WINDOWS.values())
CELLS = LONGEST // CELL


class Planned(NamedTuple):
    """Starts of one target in one queue that are due in the same cell of ten seconds; those that are due already in the
    first."""

    queue: str
    target: str
    cell: int
    starts: int


def starts_by_window(planned: Iterable[Planned]) -> dict[tuple[str, str], int]:
    """Return how many are due, by queue and window; a queue with any has all windows."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for one in planned:
        for window, seconds in WINDOWS.items():
            found[one.queue, window] += one.starts if one.cell < seconds // CELL else 0
    return dict(found)


def slots_needed(planned: Iterable[Planned], duration: Callable[[str], float]) -> dict[tuple[str, str], float]:
    """Return how many slots the busiest cell of each window needs, by queue and window, where a body of a target takes
    `duration` seconds: with as many, nothing has to wait for longer than a cell.

    What takes longer than a cell has its slot in those that follow; what takes a tenth of one needs a tenth of a slot.
    """
    queues: dict[str, tuple[list[float], list[float]]] = {}
    for one in planned:
        if one.queue not in queues:
            queues[one.queue] = [0.0] * (CELLS + 1), [0.0] * (CELLS + 1)
        rest, whole = queues[one.queue]
        cells = max(duration(one.target), 0.0) / CELL
        full = min(math.floor(cells), CELLS - one.cell)
        whole[one.cell] += one.starts  # from here on ...
        whole[one.cell + full] -= one.starts  # ... until there
        rest[one.cell + full] += one.starts * (cells - math.floor(cells))
    return {
        (queue, window): max(load[: seconds // CELL])
        for queue, parts in queues.items()
        for load in [_loads(*parts)]
        for window, seconds in WINDOWS.items()
    }


def _loads(rest: list[float], whole: list[float]) -> list[float]:
    held, found = 0.0, []
    for share, change in zip(rest, whole, strict=True):
        held += change
        found.append(held + share)
    return found
