"""Lengths of time for people, in one style everywhere."""

from __future__ import annotations

HUNDREDTHS_BELOW = 10  # seconds: two decimals; one, up to a minute


def span(seconds: float) -> str:
    """A length of time in whole seconds: `12 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h`; monitor.js says the same."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def measured(milliseconds: float) -> str:
    """A length of time that was measured, as exact as anybody wants to know it: `1.24 ms`, `1.24 s`, `23.4 s`, `23 h
    59 min`; with a sign where it is negative."""
    sign, size = ("-", -milliseconds) if milliseconds < 0 else ("", milliseconds)
    seconds = size / 1000
    if round(size, 2) < 1000:
        return f"{sign}{size:.2f} ms"
    if round(seconds, 2) < HUNDREDTHS_BELOW:
        return f"{sign}{seconds:.2f} s"
    if round(seconds, 1) < 60:
        return f"{sign}{seconds:.1f} s"
    return sign + span(max(seconds, 60))
