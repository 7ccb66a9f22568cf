"""A bar for who waits: on stderr, and only at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

REFRESHES = 2  # a second: the bar shares the processors with what is measured


@contextmanager
def progress() -> Iterator[Callable[[str, float, float], None]]:
    """Yield what to call with the phase, and how many of at most how many seconds of it have passed."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:>22}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} s"),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, refresh_per_second=REFRESHES, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=1)  # a bar without a total has no number to show

        def tell(phase: str, passed: float, longest: float) -> None:
            bar.update(task, description=phase, completed=max(min(passed, longest), 0), total=longest)

        yield tell
