"""The burst benchmark as a table."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from verification.benchmark.burst.options import EXACT_SLOTS, HTTP_TIMES
from verification.benchmark.burst.result import Burst, Result
from verification.benchmark.score import Spread


def show(result: Result, console: Console) -> None:
    """Print the tables."""
    console.print(Group(*_parts(result)))


def _parts(result: Result) -> Iterator[RenderableType]:
    o, m, facts = result.options, result.machine, result.facts
    verdict = "each started once and completed" if result.passed else f"NOT AS PROMISED ({len(result.flaws)} reasons)"
    yield Text(
        f"{o.jobs:,} jobs at one instant on {o.instances} workers x {o.slots} slots: {verdict}.",
        style="bold green" if result.passed else "bold red",
    )
    for sentence in [*result.flaws[:10], *result.problems, *result.warnings]:
        yield Text(f"  {sentence}", style="yellow")
    yield _table(result)
    idle = result.big.idle
    yield Text(
        f"While a job of the {o.jobs:,} waited ({idle.waited:,.0f} ms) slots idled for {idle.total:,.0f} slot-ms "
        f"({idle.share:.1%} of all slots' time), one of them for {idle.longest:,.1f} ms in one piece. Rows were taken "
        f"in {facts.acquisitions} transactions and ends recorded in {facts.endings}; {facts.acquire_failures} "
        "acquisitions failed."
    )
    if result.beside is not None:
        yield Text(
            f"The HTTP jobs used {result.beside.connections} connections for {o.http * HTTP_TIMES:,} requests "
            f"({o.all_slots} slots)."
        )
    yield Text(
        f"{m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, Celery {m.celery}, "
        f"PostgreSQL {m.postgresql}, {m.broker}. Logs: {', '.join(map(str, result.logs))}"
    )


def _table(result: Result) -> Table:
    table = Table(title="Start delay (ms)", title_justify="left", box=None, pad_edge=False)
    for title in ("", "jobs", "p50", "p95", "max", "idle slot-ms", "longest idle"):
        table.add_column(title, justify="right" if title else "left")
    big = result.big
    table.add_row("The first, which have a slot", *_cells(big.first))
    table.add_row("The rest", *_cells(big.rest))
    table.add_row("  above the ideal of its wave", *_cells(big.above_ideal))
    table.add_row("All", f"{result.options.jobs:,}", "", "", "", *_idle(big))
    for number, one in enumerate(result.exact, 1):
        table.add_row(
            f"Exactly all of {result.options.instances} x {EXACT_SLOTS} slots, no. {number}",
            *_cells(one.first),
            *_idle(one),
        )
    if result.beside is not None:
        for number, (python, http) in enumerate(zip(result.beside.python, result.beside.http, strict=True), 1):
            for kind, one in (("Python", python), ("HTTP", http)):
                table.add_row(f"{kind} beside, no. {number}: the first", *_cells(one.first), *_idle(one))
                table.add_row("  the rest, above the ideal of its wave", *_cells(one.above_ideal))
    return table


def _cells(spread: Spread | None) -> list[str]:
    if spread is None:
        return ["0", "-", "-", "-"]
    return [f"{spread.jobs:,}", *(f"{value:,.2f}" for value in (spread.p50, spread.p95, spread.high))]


def _idle(burst: Burst) -> list[str]:
    return [f"{burst.idle.total:,.1f}", f"{burst.idle.longest:,.1f}"]
