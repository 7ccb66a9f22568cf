"""Lengths of time as counts in places of a scale of logarithms: digests of two stretches merge exactly, by adding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LEAST = 0.01  # ms: what is no longer has the place 0
A_DECADE = 12  # places: each ends 21 % above where it begins
LAST = 135  # the place of all that is longer than half a month

# The place of `ms`, a double precision.
PLACE = f"CASE WHEN ms <= {LEAST} THEN 0 ELSE least(1 + floor(log(ms / {LEAST}) * {A_DECADE})::integer, {LAST}) END"


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
