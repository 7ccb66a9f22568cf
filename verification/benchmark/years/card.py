"""The benchmark of an installation after years as a table."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from verification.benchmark.years.run import GOAL, NOISE, Result


def show(result: Result, console: Console) -> None:
    """Print the table."""
    m = result.machine
    grown = result.grown
    stolen = f"; its host took away {result.stolen:,.1f} s of CPU time" if result.stolen else ""
    verdict = f"{len(grown)} of {len(result.questions)} questions take more than {GOAL:g} times as long"
    console.print(
        Group(
            Text(f"{verdict} (and {NOISE:g} ms more).", style="bold yellow" if grown else "bold green"),
            *(Text(f"  {name}: {result.ratio(name):,.1f} times", style="yellow") for name in grown),
            _table(result),
            *(Text(f"{rows:,} rows: {_bytes(tables)}") for rows, tables in result.bytes.items()),
            Text(
                f"Medians of {result.options.runs}, in ms; CPU is this process's and the server's, and is compared. "
                f"{m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, "
                f"PostgreSQL {m.postgresql}{stolen}."
            ),
        )
    )


def _table(result: Result) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for rows in result.times:
        table.add_column(f"{rows:,}", justify="right")
        table.add_column("CPU", justify="right")
    table.add_column("times", justify="right")
    for name in result.questions:
        took = (f"{ms:,.2f}" for at in result.times.values() for ms in (at[name].median, at[name].median_cpu))
        table.add_row(name, *took, f"{result.ratio(name):.2f}")
    return table


def _bytes(tables: dict[str, int]) -> str:
    return ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in tables.items())
