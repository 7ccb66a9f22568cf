"""What a comparison is asked to do, beside what a round is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.benchmark.options import OptionError, Options
from jobs.benchmark.peers.peer import NAMES

BACKLOG = 5000
LARGEST_BACKLOG = 1_000_000


@dataclass(frozen=True)
class Comparison:
    """`names`: who is measured, in order; `backlog`: no-op jobs to be drained, 0: leave that table out."""

    round: Options
    names: tuple[str, ...]
    backlog: int


def checked(round_options: Options, *, peers: bool, only: Sequence[str] | None, backlog: int) -> Comparison | None:
    """The options with their defaults filled in; None when no comparison is asked for. Raises OptionError."""
    if not peers:
        if only:
            raise OptionError("--only goes with --peers.")
        return None
    if round_options.ha:
        raise OptionError("--ha restarts workers of RunAt; leave it out with --peers.")
    for name in only or ():
        if name not in NAMES:
            raise OptionError(f"--only: nobody is called {name!r}; choose from {', '.join(NAMES)}.")
    if not 0 <= backlog <= LARGEST_BACKLOG:
        raise OptionError(f"--backlog is {backlog}; it must be from 0 to {LARGEST_BACKLOG} jobs.")
    return Comparison(round_options, tuple(name for name in NAMES if not only or name in only), backlog)
