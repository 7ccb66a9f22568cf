"""The drains as a table: jobs a second, and what each job cost."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from verification.benchmark.drain.drained import Medians
from verification.benchmark.drain.result import Result

NONE = "-"
PARTS = ("postgresql", "worker", "beat", "broker")
COLUMNS = ("broker", "jobs/s", "x", "listed", "CPU us", *PARTS, "WAL B", "writes", "stmts", "msgs")


def show(result: Result, console: Console) -> None:
    """Print the table and what to know before reading it."""
    console.print(Group(*_parts(result)))


def _parts(result: Result) -> Iterator[RenderableType]:
    a, m = result.asked, result.machine
    yield Text(f"{a.jobs:,} jobs that do nothing, drained {a.runs} times by each, in turns; medians.", style="bold")
    for flaw in result.flaws:
        yield Text(f"  {flaw}", style="red")
    yield _table(result)
    yield Text(
        "jobs/s: from the first entry of a body to the last end that is recorded (where nothing is recorded, to the "
        "last entry); x: of the first line. listed: from RunAt's list query, by which its backlog is found, while "
        "the workers wait. CPU us, WAL bytes, transactions that write, statements, messages: a job's share; "
        "CPU is that of all processes together that can be read, then by process. The inserting is in no figure.",
        style="dim italic",
    )
    yield _notes(result)
    yield Text(
        f"{m.cores} cores (load average {m.load:.1f} at the start, {result.stolen:.1f} s given to others by the host), "
        f"Python {m.python}, PostgreSQL {m.postgresql}, {m.broker}. Logs: {result.logs}"
    )


def _table(result: Result) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    for column in COLUMNS:
        table.add_column({"postgresql": "PG"}.get(column, column), justify="right", no_wrap=True)
    first = next((found for _, found in result.measured()), None)
    for system, found in result.measured():
        table.add_row(Text(system.title), system.broker or NONE, *_figures(found, first))
    return table


def _figures(found: Medians, first: Medians | None) -> list[str]:
    return [
        f"{found.per_second:,.0f}",
        _number(found.per_second / first.per_second if first else None, 2),
        _number(found.per_second_listed, 0),
        _number(found.all_cpu_us, 0),
        *[_number(found.cpu_us.get(part), 0) for part in PARTS],
        _number(found.wal, 0),
        _number(found.writes, 3),
        _number(found.statements, 3),
        _number(found.messages, 3),
    ]


def _number(value: float | None, digits: int) -> str:
    return NONE if value is None else f"{value:,.{digits}f}"


def _notes(result: Result) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    spread = {id(system): found for system, found in result.measured()}
    for system in result.systems:
        lines = [f"Set: {system.settings}."]
        lines += [f"Versions: {', '.join(system.versions)}."] if system.versions else []
        if found := spread.get(id(system)):
            lines += [f"From {found.low:,.0f} to {found.high:,.0f} jobs/s."]
        lines += [f"NOT MEASURED: {system.missing}."] if system.missing else []
        table.add_row(Text(f"{system.title} {system.broker}".strip()), Text("\n".join(lines)))
    return table
