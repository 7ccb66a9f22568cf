"""The throughput benchmark as a table: ours, bare Celery's, the ratio."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from verification.benchmark import statements
from verification.benchmark.throughput.options import BARE_SLOTS
from verification.benchmark.throughput.result import Result


def show(result: Result, console: Console) -> None:
    """Print the table."""
    console.print(Group(*_parts(result)))


def _parts(result: Result) -> Iterator[RenderableType]:
    o, m = result.options, result.machine
    verdict = "each started once and completed" if result.passed else "NOT ALL DONE ONCE"
    yield Text(f"{o.jobs:,} jobs: {verdict}.", style="bold green" if result.passed else "bold red")
    for sentence in [*result.flaws, *result.problems]:
        yield Text(f"  {sentence}", style="red")
    yield _table(result)
    yield Text(
        f"{o.instances} workers on threads: RunAt with {o.slots} slots each (rows locked, a ledger row each, ends "
        f"recorded), bare Celery with {BARE_SLOTS} (nothing kept). From the first entry of a body to the last end; the "
        "backlog was published before, and the workers were idle. RunAt waits for RabbitMQ to confirm each message."
    )
    yield Text(
        f"{m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, Celery {m.celery}, "
        f"PostgreSQL {m.postgresql}, {m.broker}. Logs: {result.logs}"
    )


def _table(result: Result) -> Table:
    ours, bare, facts = result.ours, result.bare, result.facts
    table = Table(box=None, pad_edge=False)
    for title in ("", "RunAt", "bare Celery", "ratio"):
        table.add_column(title, justify="right" if title else "left")
    rows = (
        ("Throughput, jobs/s", ours.per_second, bare.per_second, 0),
        ("Publishing, jobs/s", ours.published_per_second, bare.published_per_second, 0),
        ("Workers' CPU s per 1,000 jobs", ours.cpu_per_1000, bare.cpu_per_1000, 2),
    )
    for name, mine, theirs, digits in rows:
        table.add_row(name, f"{mine:,.{digits}f}", f"{theirs:,.{digits}f}", f"{mine / max(theirs, 1e-9):.2f}")
    each = facts.transactions_per_job
    table.add_row("Write transactions per job", f"{each:.3f}", "0", "")
    table.add_row("  to take rows / to record ends", f"{facts.acquisitions:,} / {facts.endings:,}", "", "")
    per_job = result.statements_per_job
    table.add_row("Statements per job", f"{per_job:.2f}" if per_job is not None else "-", "0", "")
    messages = result.messages_per_job
    table.add_row("Messages per job, published", f"{messages:.3f}" if messages is not None else "-", "1", "")
    table.add_row("Failed acquisitions", f"{facts.acquire_failures:,}", "", "")
    if per_job is None:
        table.caption, table.caption_justify = f"For the statements: {statements.ENABLE}.", "left"
    return table
