"""Lengths of time as counts in places of a scale of logarithms: digests of two stretches merge exactly, by adding."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

Digest = tuple[tuple[int, int], ...]  # how many there are in a place

LEAST = 0.01  # ms: what is no longer has the place 0
A_DECADE = 12  # places: each ends 21 % above where it begins
LAST = 135  # the place of all that is longer than half a month

# The place of `ms`, a double precision.
PLACE = f"CASE WHEN ms <= {LEAST} THEN 0 ELSE least(1 + floor(log(ms / {LEAST}) * {A_DECADE})::integer, {LAST}) END"

LEAST_EDGE, FIRST_ALL, LONGEST_EDGE = 10, 100, 86_400_000  # ms


def _edges() -> dict[int, int]:
    """Return where places end, in whole milliseconds of three digits, and the last place below. Those between 10 and
    100 are left out: rounded so, they would be none."""
    found = {}
    for place in range(LAST):
        edge = LEAST * 10 ** (place / A_DECADE)
        digits = 2 - len(str(int(edge))) + 1
        shown = round(round(edge, min(digits, 0)))
        if LEAST_EDGE <= shown <= LONGEST_EDGE and (shown >= FIRST_ALL or place % A_DECADE == 0):
            found[shown] = place
    return found


# By these milliseconds what was counted can be parted, exactly at whole decades, within 0.5 % between them.
EDGES = _edges()
_IN_ORDER = sorted(EDGES)


def last_place_within(ms: float) -> int:
    """Return the last place whose lengths are all within so many milliseconds; of what is no edge that of the shorter
    one."""
    at = bisect_right(_IN_ORDER, ms)
    return EDGES[_IN_ORDER[at - 1]] if at else 0


def value_of(place: int) -> float:
    """Return the milliseconds that stand for a place: the middle, no more than 11 % from what is in it."""
    return 0.0 if place == 0 else float(LEAST * 10 ** ((place - 0.5) / A_DECADE))


def percentile(digest: Iterable[Sequence[int]], share: float, highest: float) -> float | None:
    """Return the milliseconds that this share (0 to 1) of what was counted does not exceed; None of nothing. `highest`:
    the longest that was counted, beyond which none is."""
    pairs = sorted((place, count) for place, count in digest)
    wanted = share * sum(count for _, count in pairs)
    seen = 0
    for place, count in pairs:
        seen += count
        if seen >= wanted:
            return min(value_of(place), highest)
    return None


def merged(digests: Iterable[Iterable[Sequence[int]]]) -> Digest:
    """Return several digests as one: as if it had been counted together."""
    found: Counter[int] = Counter()
    for digest in digests:
        for place, count in digest:
            found[place] += count
    return tuple(sorted(found.items()))
