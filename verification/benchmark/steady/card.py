"""The steady benchmark as a table."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from verification.benchmark.steady.held import Held
from verification.benchmark.steady.result import Result

FLAWS_SHOWN = 10
NONE = "-"


def show(result: Result, console: Console) -> None:
    """Print the tables."""
    console.print(Group(*_parts(result)))


def _parts(result: Result) -> Iterator[RenderableType]:
    o, m, facts = result.options, result.machine, result.facts
    verdict = "each started once and completed" if result.passed else f"NOT AS PROMISED ({len(result.flaws)} reasons)"
    yield Text(
        f"{o.jobs:,} jobs, {o.rate:g} a second for {o.duration:g} s, on {o.instances} workers x {o.slots} slots: "
        f"{verdict}.",
        style="bold green" if result.passed else "bold red",
    )
    for sentence in [*result.flaws[:FLAWS_SHOWN], *result.problems, *result.warnings]:
        yield Text(f"  {sentence}", style="yellow")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("Jobs", f"{result.created:,} created, {facts.started:,} started, {facts.completed:,} completed")
    table.add_row("Achieved", f"{facts.jobs_per_second:,.1f} jobs/s from the first start to the last end")
    for name, text in [*_times(result), *_costs(result)]:
        table.add_row(name, Text(text))
    yield table
    yield _memory(result)
    if result.held is not None:
        yield Text(_held(result.held))
    stolen = f"; its host took away {result.stolen:,.1f} s of CPU time" if result.stolen else ""
    yield Text(
        f"{m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, Celery {m.celery}, "
        f"PostgreSQL {m.postgresql}, {m.broker}{stolen}. Logs: {result.logs}"
    )


def _times(result: Result) -> Iterator[tuple[str, str]]:
    f = result.figures
    if (delay := f.delay) is not None:
        yield (
            "Start delay (ms)",
            f"p50 {delay.p50:,.2f}, p95 {delay.p95:,.2f}, p99 {delay.p99:,.2f}, max {delay.high:,.2f}",
        )
    if f.lead is not None:
        yield (
            "Listed ahead (s)",
            f"min {f.lead.low:,.2f}, p5 {f.lead.p5:,.2f}, p50 {f.lead.p50:,.2f} before its time, to be published; "
            f"committed {f.committed_ahead:,.2f} before it at the latest",
        )
    yield (
        "In time",
        f"{f.listed_in_time:.2%} listed and {f.taken_in_time:.2%} taken by a worker before they were due; "
        f"{f.listed_again:,} listed more than once",
    )
    slowest = result.slowest_published
    if slowest is not None and slowest.seconds is not None:
        yield (
            "Published",
            f"the last of {slowest.jobs:,} jobs {slowest.seconds:,.2f} s after their list query (the slowest of "
            f"{len(result.published)}), at {slowest.listed_at:%H:%M:%S} UTC; soonest first",
        )
    first, last = f.first_third, f.last_third
    yield (
        "First and last third",
        f"p95 {first.delay_p95_ms:,.2f} and {last.delay_p95_ms:,.2f} ms; at most {first.overdue:,} and "
        f"{last.overdue:,} jobs overdue by a second and not taken",
    )


def _costs(result: Result) -> Iterator[tuple[str, str]]:
    facts, lists = result.facts, result.cost
    each = result.statements_per_job
    statements = f", {each:.2f} statements (all, with the INSERTs)" if each is not None else ""
    messages = f"{result.messages_per_job:.3f} messages, " if result.messages_per_job is not None else ""
    yield (
        "Per job",
        f"{messages}{facts.transactions_per_job:.3f} write transactions{statements}",
    )
    yield (
        "List queries",
        f"{lists.list_queries} in the {lists.windows} windows of the load; {facts.acquire_failures} failed "
        "acquisitions",
    )
    yield "CPU, ms a job", ", ".join(f"{kind} {spent:,.2f}" for kind, spent in result.cpu_ms_per_job.items())
    yield "Share of a core", ", ".join(f"{kind} {part:.0%}" for kind, part in result.cores.items())


def _memory(result: Result) -> Table:
    table = Table(title="Memory (MB, resident)", title_justify="left", box=None, pad_edge=False)
    for title in ("", "start", "max", "end", "first third", "last third"):
        table.add_column(title, justify="right" if title else "left")
    for one in result.memory:
        values = (one.start, one.most, one.end, one.first_third, one.last_third)
        table.add_row(one.worker, *(f"{value:,.1f}" for value in values))
    return table


def _held(held: Held) -> str:
    prefetch = NONE if held.prefetch is None else f"{held.prefetch:,}"
    return (
        f"Memory with {held.held:,} held: {held.after:,.1f} MB, {held.before:,.1f} without them "
        f"({held.bytes_each / 1024:,.1f} KiB each); all there after {held.seconds:,.1f} s, prefetch {prefetch}."
    )
