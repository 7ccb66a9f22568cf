"""The benchmark of schedules as tables."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from verification.benchmark.schedules.result import GOAL_BEAT, GOAL_DELAY, Result
from verification.benchmark.score import Spread

NONE = "-"


def show(result: Result, console: Console) -> None:
    """Print the tables."""
    console.print(Group(*_parts(result)))


def _parts(result: Result) -> Iterator[RenderableType]:
    o, m = result.options, result.machine
    verdict = "each started once and completed" if result.passed else f"NOT AS PROMISED ({len(result.flaws)} reasons)"
    yield Text(
        f"{o.total:,} schedules, {result.load.due:,} due in {o.duration:g} s, and {o.plain:,} plain jobs, on "
        f"{o.instances} workers x {o.slots} slots: {verdict}.",
        style="bold green" if result.passed else "bold red",
    )
    for sentence in [*result.flaws, *result.problems, *result.warnings]:
        yield Text(f"  {sentence}", style="yellow")
    yield _delays(result)
    yield _beats(result)
    lists = result.load.cost
    yield Text(
        f"{lists.list_queries} list queries in {lists.windows} windows, {lists.acquire_failures} failed acquisitions: "
        f"cost {lists.total:,} of at least {lists.floor:,}. Created in {result.load.filled:,.0f} s."
    )
    stolen = f"; its host took away {result.stolen:,.1f} s of CPU time" if result.stolen else ""
    yield Text(
        f"{m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, Celery {m.celery}, "
        f"PostgreSQL {m.postgresql}, {m.broker}{stolen}. Logs: {result.logs}"
    )


def _delays(result: Result) -> Table:
    table = Table(title="Start delay (ms)", title_justify="left", box=None, pad_edge=False)
    for title in ("", "jobs", "mean", "stdev", "mean + stdev", "p50", "p99", "max"):
        table.add_column(title, justify="right" if title else "left")
    table.add_row("runs of schedules", *_spread(result.load.runs.delay))
    table.add_row("plain jobs beside them", *_spread(result.load.plain.delay))
    if result.beside is not None:
        table.add_row(f"django-celery-beat, {result.options.periodic:,} tasks", *_spread(result.beside.delay))
    ratio = _times(result.ratios["mean + stdev, schedules to plain"])
    p99 = _times(result.ratios["p99, schedules to plain"])
    table.caption, table.caption_justify = f"Schedules to plain: {ratio} (goal {GOAL_DELAY:g}), p99 {p99}.", "left"
    return table


def _beats(result: Result) -> Table:
    table = Table(title="A beat", title_justify="left", box=None, pad_edge=False)
    for title in ("", "to its first tick, s", "memory, MB", "CPU s a minute"):
        table.add_column(title, justify="right" if title else "left")
    ours, bare, peer, ratios = result.beat, result.bare, result.beside, result.ratios
    table.add_row("without schedules", f"{bare.seconds:,.2f}", f"{bare.memory:,.1f}", NONE)
    table.add_row(
        f"with {result.options.total:,}", f"{ours.seconds:,.2f}", f"{ours.memory:,.1f}", f"{result.load.cpu:,.2f}"
    )
    table.add_row(
        f"  ratio (goal {GOAL_BEAT:g})",
        _times(ratios["start-up of a beat, with to without"]),
        _times(ratios["memory of a beat, with to without"]),
        NONE,
    )
    if peer is not None:
        who = f"django-celery-beat, {result.options.periodic:,}"
        table.add_row(who, f"{peer.seconds:,.2f}", f"{peer.memory:,.1f}", f"{peer.cpu:,.2f}")
        table.add_row("  to ours", *(_times(ratios[f"{what}, django-celery-beat to ours"]) for what in MEASURED))
        table.caption_justify = "left"
        table.caption = f"Of {peer.tasks:,} of its tasks that were due {peer.came:,} came."
    return table


MEASURED = ("start-up", "memory", "CPU")


def _spread(delay: Spread | None) -> list[str]:
    if delay is None:
        return ["0", *[NONE] * 6]
    values = (delay.mean, delay.stdev, delay.efficiency, delay.p50, delay.p99, delay.high)
    return [f"{delay.jobs:,}", *(f"{value:,.2f}" for value in values)]


def _times(ratio: float | None) -> str:
    return NONE if ratio is None else f"{ratio:,.2f}"
