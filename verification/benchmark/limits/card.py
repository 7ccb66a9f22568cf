"""The benchmark of limits as tables."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from verification.benchmark.limits.disturbed import Part
from verification.benchmark.limits.lines import ROUNDS
from verification.benchmark.limits.result import STEPS, Result
from verification.benchmark.score import Spread

FLAWS_SHOWN = 10
NONE = "-"


def show(result: Result, console: Console) -> None:
    """Print the tables."""
    console.print(Group(*_parts(result)))


def _parts(result: Result) -> Iterator[RenderableType]:
    o, m, outcome = result.options, result.machine, result.outcome
    verdict = "each started once and completed" if result.passed else "NOT AS PROMISED"
    yield Text(
        f"Limits, and {o.rate:g} jobs a second of each kind for {len(outcome.parts)} x {o.duration:g} s on one worker "
        f"of {o.slots} slots: {verdict}.",
        style="bold green" if result.passed else "bold red",
    )
    for sentence in [*result.flaws[:FLAWS_SHOWN], *outcome.problems]:
        yield Text(f"  {sentence}", style="yellow")
    yield _costs(result)
    for kind, of_kind in result.ratios.items():
        ratios = ", ".join(f"{step} {ratio:.2f}" for step, ratio in of_kind.items())
        yield Text(f"  {kind}, the dearest line to the cheapest: {ratios}")
    yield _outcome("Start delay, ms: p50, p99, max", outcome.parts, "delays")
    yield _outcome("Row taken late, ms: p50, p99, max", outcome.parts, "rows_late")
    yield _leader(outcome.parts)
    yield Text(
        f"The resume of {o.resume:,} was answered after {outcome.answered:.2f} s; {outcome.moved:,} of them had their "
        f"turn in {o.duration:g} s. {outcome.leaders} session had the leader's lock; {outcome.deadlocks} deadlocks."
    )
    stolen = f"; its host took away {result.stolen:,.1f} s of CPU time" if result.stolen else ""
    yield Text(
        f"{m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, Celery {m.celery}, "
        f"PostgreSQL {m.postgresql}, {m.broker}{stolen}. Logs: {result.logs}"
    )


def _costs(result: Result) -> Table:
    table = _table(f"One job, ms: medians of {ROUNDS}, in turns", "limit", "waiting", *STEPS)
    for cost in result.costs:
        values = (getattr(cost, step) for step in STEPS)
        table.add_row(cost.kind, f"{cost.waiting:,}", *(f"{value:.2f}" if value else NONE for value in values))
    return table


def _outcome(title: str, parts: list[Part], what: str) -> Table:
    table = _table(title, "", *(part.name for part in parts))
    for kind in getattr(parts[0], what):
        table.add_row(kind, *(_shown(getattr(part, what)[kind]) for part in parts))
    return table


def _leader(parts: list[Part]) -> Table:
    table = _table("The leader, s between: p50, p99, max", "", *(part.name for part in parts))
    table.add_row("signs of life", *(_shown(part.signs) for part in parts))
    table.add_row("list queries", *(_shown(part.lists) for part in parts))
    return table


def _shown(spread: Spread | None) -> str:
    return NONE if spread is None else f"{spread.p50:,.2f}, {spread.p99:,.2f}, {spread.high:,.2f}"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="left" if column in ("", "limit") else "right")
    return table
