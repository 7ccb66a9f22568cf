"""Words of the verdict: how it counts and names things."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.models.querysets.overviews import COUNT_LIMIT

NAMED = 3  # of what is wrong; the rest is counted


def counted(count: int, one: str, many: str) -> str:
    """Return a sentence's begin with its number: "1 job is", "2 jobs are"."""
    shown = f"over {COUNT_LIMIT:,}" if count > COUNT_LIMIT else f"{count:,}"
    return f"1 job {one}" if count == 1 else f"{shown} jobs {many}"


def named(kind: str, names: Sequence[str]) -> str:
    """Return a list of names with its kind: "Worker w1", "Workers w1, w2"."""
    plural = "s" if len(names) > 1 else ""
    return f"{kind}{plural} {listed(names, len(names))}"


def listed(names: Sequence[str], count: int) -> str:
    """The first three of them, and how many there are beside."""
    if count <= NAMED:
        return ", ".join(names)
    more = f"over {COUNT_LIMIT - NAMED:,} more" if count > COUNT_LIMIT else f"{count - NAMED:,} more"
    return f"{', '.join(names[:NAMED])} and {more}"


def verb_s(those: Sequence[object]) -> str:
    """Return the "s" of the verb: one refuses, two refuse."""
    return "s" if len(those) == 1 else ""
