"""The soak as tables."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from verification.benchmark.soak.run import Result
from verification.benchmark.years.work import BATCH

INDEXES_SHOWN = 12


def show(result: Result, console: Console) -> None:
    """Print the tables."""
    m = result.machine
    stolen = f"; its host took away {result.stolen:,.1f} s of CPU time" if result.stolen else ""
    console.print(
        Group(
            Text(
                f"{result.options.jobs:,} jobs: before, while and after an old snapshot was held.", style="bold green"
            ),
            _times(result),
            _left(result),
            Text(
                f"Medians of batches of {BATCH} in ms, of the first and the last tenth of each third; dead rows as the "
                f"server counts them. {m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, "
                f"PostgreSQL {m.postgresql}{stolen}."
            ),
        )
    )


def _times(result: Result) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for phase in result.phases:
        table.add_column(f"{phase.name}, {phase.seconds:,.0f} s", justify="right")
    for name in result.questions:
        pairs = ((phase.first.took[name].median, phase.last.took[name].median) for phase in result.phases)
        table.add_row(name, *(f"{first:,.2f} - {last:,.2f}" for first, last in pairs))
    return table


def _left(result: Result) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("left behind")
    looks = []
    for phase in result.phases:
        table.add_column(phase.name, justify="right")
        looks.append(phase.left)
        if phase.vacuumed:
            table.add_column("vacuumed", justify="right")
            looks.append(phase.vacuumed)
    for stored in looks[0].tables:
        ours = [look.of(stored.table) for look in looks]
        table.add_row(f"{stored.table}: live / dead rows", *(f"{one.live:,} / {one.dead:,}" for one in ours))
        table.add_row("  MB", *(f"{one.bytes / 1e6:,.1f}" for one in ours))
        table.add_row("  heap-only updates", *(f"{100 * one.heap_only / max(one.updates, 1):.0f} %" for one in ours))
        table.add_row("  autovacuums", *(f"{one.autovacuums}" for one in ours))
    for index in list(looks[-1].indexes)[:INDEXES_SHOWN]:
        table.add_row(f"{index}, MB", *(f"{look.indexes[index] / 1e6:,.1f}" for look in looks))
    return table
