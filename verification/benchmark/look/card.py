"""The benchmark of people who look as a table."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from verification.benchmark.look.run import GOAL, PERCENTILES, Result


def show(result: Result, console: Console) -> None:
    """Print the table."""
    m, o = result.machine, result.options
    ours = result.runs[0]
    stolen = f"; its host took away {result.stolen:,.1f} s of CPU time" if result.stolen else ""
    verdict = f"95 of 100 answers took {ours.p95:,.1f} ms at most (wanted: {GOAL:g} ms)."
    wrong = [Text(f"{run.build}: {text}", style="bold red") for run in result.runs for text in run.wrong]
    console.print(
        Group(
            Text(verdict, style="bold green" if result.passed else "bold yellow"),
            *wrong,
            _table(result),
            Text(", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in result.bytes.items())),
            Text(
                f"{o.rows:,} jobs that are over, {o.viewers} viewers for {o.duration:g} s; ms from the request to the "
                f"last byte of its answer, on this machine. {m.cores} cores (load average {m.load:.1f} at the start), "
                f"Python {m.python}, PostgreSQL {m.postgresql}{stolen}."
            ),
        )
    )


def _table(result: Result) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in ("answers", *(f"p{percent}" if percent < 100 else "longest" for percent in PERCENTILES), "kB"):
        table.add_column(name, justify="right")
    for run in result.runs:
        for what, (number, took, size) in run.took.items():
            figures = (f"{took[percent]:,.1f}" for percent in PERCENTILES)
            table.add_row(f"{run.build}: {what}", f"{number:,}", *figures, f"{size / 1000:,.0f}")
        table.add_row(f"{run.build}: CPU of web for each", "", f"{run.cpu_ms:,.1f}")
    return table
