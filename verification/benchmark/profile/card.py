"""The profile as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from verification.benchmark.profile import rooms
from verification.benchmark.profile.run import GOAL, Profile, share


def show(result: Profile, console: Console) -> None:
    """Print it."""
    for part in _parts(result):
        console.print(part)


def _parts(result: Profile) -> Iterator[Text | Table]:
    load, m = result.load, result.load.machine
    o = load.options
    yield Text(
        f"Events, metrics and roll-ups have {result.share:.2%} of the samples of {o.rate:g} jobs a second for "
        f"{o.duration:g} s on {o.instances} workers x {o.slots} slots; {GOAL:.0%} at most is the goal.",
        style="bold green" if result.passed else "bold red",
    )
    for sentence in [*load.flaws, *load.problems, *load.warnings]:
        yield Text(f"  {sentence}", style="yellow")
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for title in ("samples", *rooms.LOOKING, rooms.REST):
        table.add_column(title, justify="right", no_wrap=True)
    for kind, samples in {**result.samples, "all": result.all}.items():
        table.add_row(kind, *_figures(samples))
    yield table
    yield Text(
        f"A sample is a thread that held the interpreter. {m.cores} cores (load average {m.load:.1f} at the start, "
        f"{load.stolen:.1f} s given to others by the host), Python {m.python}, {m.broker}. Logs: {load.logs}"
    )


def _figures(samples: Counter[str]) -> list[str]:
    return [f"{samples.total():,}", *(f"{share(samples, room):.2%}" for room in (*rooms.LOOKING, rooms.REST))]
