"""The benchmark of creation as a table: each build a column."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from verification.benchmark.creating.callers import FORMS
from verification.benchmark.creating.options import CLIENTS
from verification.benchmark.creating.run import Result

NOT_TAKEN = "-"


def show(result: Result, console: Console) -> None:
    """Print the table."""
    o, m = result.options, result.machine
    console.print(
        Group(
            Text(f"Medians of {o.runs} runs, in turns.", style="bold green" if result.passed else "bold red"),
            _table(result),
            Text(
                f"One web process with 8 threads, {CLIENTS} clients on kept connections in another process, jobs due "
                f"in a day. {m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, PostgreSQL "
                f"{m.postgresql}. Logs: {result.logs}"
            ),
        )
    )


def _table(result: Result) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for build in result.builds:
        table.add_column(build, justify="right")
    singles = (
        ("POST of one job, requests/s", "per_second", 0),
        ("  ms each: p50", "p50", 1),
        ("  p99", "p99", 1),
        ("  CPU of the web process, ms each", "cpu_ms", 2),
    )
    for title, what, digits in singles:
        table.add_row(title, *(f"{result.median(build, what):,.{digits}f}" for build in result.builds))
    for form in FORMS:
        title = f"{result.options.jobs:,} jobs as {form}, s (requests)"
        table.add_row(title, *(_bulk(result, build, form) for build in result.builds))
    return table


def _bulk(result: Result, build: str, form: str) -> str:
    found = result.bulk(build, form)
    return NOT_TAKEN if found is None else f"{found[0]:.2f} ({found[1]})"
