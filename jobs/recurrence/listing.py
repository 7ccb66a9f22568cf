"""Lists of numbers and words as people say them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def ranges(values: Iterable[int]) -> str:
    """List numbers, of three and more in a row the first and the last: `1, 9 to 17 and 20`."""
    runs: list[list[int]] = []
    for value in sorted(values):
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    words = [f"{run[0]} to {run[-1]}" if len(run) > 2 else str(one) for run in runs for one in _shown(run)]
    return listed(words)


def _shown(run: Sequence[int]) -> Sequence[int]:
    return run[:1] if len(run) > 2 else run


def listed(words: Sequence[str]) -> str:
    """Join words as people do: `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
