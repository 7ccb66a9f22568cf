"""The benchmark of operations as a table."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from verification.benchmark.many.run import GOAL, Result


def show(result: Result, console: Console) -> None:
    """Print the table."""
    m = result.machine
    table = Table(box=None, pad_edge=False)
    for title in ("", "counted, s", "first 1,000, s", "all, s", "jobs/s", "changed"):
        table.add_column(title, justify="left" if not title else "right")
    for step in result.steps:
        figures = (step.counted, step.first, step.whole)
        table.add_row(step.what, *(f"{one:.2f}" for one in figures), f"{step.done / step.whole:,.0f}", f"{step.done:,}")
    where = f"{m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, PostgreSQL {m.postgresql}."
    console.print(
        Group(
            Text(f"{result.options.jobs:,} jobs by one filter; asked for: {GOAL:.0f} s for 100,000.", style="bold"),
            table,
            Text(f"One beat goes on after at most a window. {where} Logs: {result.logs}"),
        )
    )
