"""The comparison for a person: the table of punctuality, that of throughput, and what to know before comparing."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from verification.benchmark.peers.outcome import Outcome, System

NONE = "-"
PUNCTUALITY = ("mean+stdev", "mean", "stdev", "p99", "max", "early", "lost", "twice", "cost", "idle/s", "x RunAt")


def show(outcome: Outcome, console: Console) -> None:
    """Print both tables."""
    console.print(Panel(Group(*_parts(outcome)), title="RunAt and its peers", border_style="blue"))


def _parts(outcome: Outcome) -> Iterator[RenderableType]:
    yield _punctuality(outcome)
    if outcome.comparison.backlog:
        yield Padding(_throughput(outcome), (1, 0, 0, 0))
    yield Padding(_notes(outcome), (1, 0, 0, 0))
    yield Text(_machine(outcome))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _punctuality(outcome: Outcome) -> RenderableType:
    asked = outcome.comparison.round
    table = _table(*PUNCTUALITY)
    for system in outcome.systems:
        table.add_row(Text(system.title), *_delays(outcome, system))
    return _captioned(
        f"Start delay (ms), {asked.duration:g} s of load, {asked.instances} instances x {asked.slots} slots",
        table,
        "early, lost, twice: jobs. cost: 100 x list queries (to whatever store holds the jobs) + 10 x failed "
        f"acquisitions. idle/s: statements a second to PostgreSQL in {asked.idle:g} s without a job.",
    )


def _captioned(title: str, table: Table, caption: str) -> Group:
    # Rich would wrap both to the width of a narrow table.
    return Group(Text(title, style="italic"), table, Text(caption, style="dim italic"))


def _delays(outcome: Outcome, system: System) -> list[str]:
    p = system.punctuality
    if p is None:
        return [NONE] * len(PUNCTUALITY)
    s = p.start
    delays = [_number(value) for value in ((s.efficiency, s.mean, s.stdev, s.p99, s.high) if s else [None] * 5)]
    return [
        *delays,
        str(p.early),
        str(p.lost),
        str(p.twice),
        f"{p.cost:,}",
        _number(p.idle),
        _ratio(outcome.ratio(system)),
    ]


def _throughput(outcome: Outcome) -> RenderableType:
    table = _table("jobs/s", "x RunAt")
    for system in outcome.systems:
        if system.rate is not None:
            table.add_row(Text(system.title), f"{system.rate:,.0f}", _ratio(outcome.rate_ratio(system)))
    return _captioned(
        f"Throughput, {outcome.comparison.backlog:,} jobs that do nothing, each set as its documentation recommends",
        table,
        "From the first start to the last end that is recorded. The backlog of the others lies in their store, ready "
        "to be taken; RunAt's lies in its table, and its beat lists and publishes it meanwhile. make bench-drain "
        "measures this again and again, in turns.",
    )


def _notes(outcome: Outcome) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for system in outcome.systems:
        lines = [f"Set: {system.settings}."]
        lines += [f"Lacks: {system.lacks}."] if system.lacks else []
        lines += [f"NOT MEASURED: {reason}" for reason in system.missing]
        table.add_row(Text(system.title), Text("\n".join(lines)))
    return table


def _machine(outcome: Outcome) -> str:
    m, asked = outcome.machine, outcome.comparison.round
    return (
        f"{m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, PostgreSQL {m.postgresql}, "
        f"{m.broker}, --seed {asked.seed}"
    )


def _number(value: float | None) -> str:
    """Three digits at least, and no more behind the point than they need."""
    if value is None:
        return NONE
    return f"{value:,.{2 if abs(value) < 10 else 1 if abs(value) < 100 else 0}f}"


def _ratio(value: float | None) -> str:
    return NONE if value is None else f"{value:,.2f}" if value < 10 else f"{value:,.0f}"
