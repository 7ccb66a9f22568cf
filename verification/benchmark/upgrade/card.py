"""The benchmark of an upgrade as a table."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from verification.benchmark.upgrade.run import GOAL, Result


def show(result: Result, console: Console) -> None:
    """Print the table."""
    m, o = result.machine, result.options
    longest = ", ".join(
        f"{name} {wait.seconds:.2f} s (before: {result.before.get(name, 0):.2f})"
        for name, wait in result.longest.items()
    )
    waited = [f"  {name} waited longest with: {wait.words}" for name, wait in result.longest.items()]
    reports = f", with reports of {o.report:g} s" if o.report else ""
    again = f"; given up and run again {result.gave_up} times" if result.gave_up else ""
    console.print(
        Group(
            Text(
                f"{o.rows:,} jobs{reports}: {len(result.steps)} migrations in {result.seconds:.1f} s{again}. "
                f"Longest waits: {longest}; {GOAL:g} s is wanted.",
                style="bold green" if result.passed else "bold red",
            ),
            *map(Text, waited),
            _table(result),
            *(Text(f"  {times} times {said}", style="yellow") for said, times in result.errors.items()),
            Text(
                f"{m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, "
                f"PostgreSQL {m.postgresql}."
            ),
        )
    )


def _table(result: Result) -> Table:
    table = Table(title="By migration, s", title_justify="left", box=None, pad_edge=False)
    for column in ("", "took", *result.longest):
        table.add_column(column, justify="right" if column else "left")
    for step in result.steps:
        table.add_row(step.name, f"{step.seconds:.2f}", *(f"{step.waits.get(name, 0):.3f}" for name in result.longest))
    return table
