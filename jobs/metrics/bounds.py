"""Bounds of labels: whoever scrapes keeps a series for each value that it ever saw."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 50  # queues, targets, or pairs of them, that have series of their own
OTHER = "other"


def kept(names: Iterable[str]) -> frozenset[str]:
    """Return the first MOST of these names; what has another is counted under OTHER."""
    found: dict[str, None] = {}
    for name in names:
        found.setdefault(name)
        if len(found) == MOST:
            break
    return frozenset(found)
