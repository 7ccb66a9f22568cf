"""The score card: the verdict first, then the scores beside the published ones, then what explains them."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from verification.benchmark import statements
from verification.benchmark.report.published import BEST, CHEAPEST, FLOOR_ORIGINAL_MS, NAIVE, PUBLISHED_WINDOWS
from verification.benchmark.report.result import Result
from verification.benchmark.score import Spread
from verification.benchmark.statements import Traffic

FLAWS_SHOWN = 10
NONE = "-"


def show(result: Result, console: Console) -> None:
    """Print the card."""
    console.print(Panel(Group(*_parts(result)), title="RunAt punctuality benchmark", border_style=_colour(result)))


def _parts(result: Result) -> Iterator[RenderableType]:
    yield Text(_verdict(result), style=f"bold {_colour(result)}")
    for flaw in result.flaws[:FLAWS_SHOWN]:
        yield Text(f"  {flaw}", style="red")
    if len(result.flaws) > FLAWS_SHOWN:
        yield Text(f"  and {len(result.flaws) - FLAWS_SHOWN} more (all are in the rows, see SQL below)", style="red")
    for problem in result.problems:
        yield Text(f"  {problem}", style="red" if result.options.ha else "yellow")
    for warning in result.warnings:
        yield Text(f"  Note: {warning}", style="yellow")
    yield Padding(_scores(result), (1, 0, 0, 0))
    yield Padding(_delays(result), (1, 0))
    yield _facts(result)


def _colour(result: Result) -> str:
    return "green" if result.passed else "red"


def _verdict(result: Result) -> str:
    n, o = result.counts, result.options
    if result.qualified:
        what = f"QUALIFIED: {n.completed} of {n.created} jobs started on time, exactly once"
    else:
        what = f"NOT QUALIFIED, so there is no score ({len(result.flaws)} reasons)"
    if o.ha:
        raised = f"{len(result.problems)} problems" if result.problems else "nothing raised"
        outcome = "HA ROUND PASSED" if result.passed else "HA ROUND FAILED"
        what = f"{outcome}: {result.restarts} restarts, {raised}. {what}"
    return what + "."


def _scores(result: Result) -> Table:
    table = Table(title="Scores (lower is better)", title_justify="left", box=None, pad_edge=False)
    for title in ("", "this run", "floor", "best 2019", "cheapest 2019", "naive 2019"):
        table.add_column(title, justify="right" if title else "left")
    cost, scored = result.cost, result.qualified
    windows = cost.windows
    table.add_row(
        f"Cost ({windows} windows)",
        f"{cost.total:,}" if scored else NONE,
        f"{cost.floor:,}",
        *(_number(p.cost and p.cost * windows / PUBLISHED_WINDOWS, 0) for p in (BEST, CHEAPEST, NAIVE)),
    )
    original, start = (result.original, result.start) if scored else (None, None)
    table.add_row(
        "Efficiency, original stamp",
        _number(original.efficiency if original else None),
        _number(FLOOR_ORIGINAL_MS, 0),
        *(_number(p.efficiency_ms) for p in (BEST, CHEAPEST, NAIVE)),
    )
    table.add_row("Efficiency, start stamp", _number(start.efficiency if start else None), "0", NONE, NONE, NONE)
    table.caption = (
        "Efficiency is mean + stdev in ms. "
        "Figures of 2019: other machine and database, so ratios, not absolutes; their costs are scaled from "
        f"{PUBLISHED_WINDOWS} windows to {windows}."
    )
    table.caption_justify = "left"
    return table


def _delays(result: Result) -> Table:
    table = Table(title="Start delay (ms)", title_justify="left", box=None, pad_edge=False)
    for title in ("", "jobs", "mean", "stdev", "p50", "p95", "p99", "max", "min"):
        table.add_column(title, justify="right" if title else "left")
    for name, spread in (("Lone jobs", result.lone), ("Bursts of 20", result.burst), ("All", result.start)):
        table.add_row(name, *_cells(spread))
    return table


def _cells(spread: Spread | None) -> list[str]:
    if spread is None:
        return [NONE] * 8
    values = (spread.mean, spread.stdev, spread.p50, spread.p95, spread.p99, spread.high, spread.low)
    return [f"{spread.jobs:,}", *(_number(value) for value in values)]


def _facts(result: Result) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in _lines(result):
        table.add_row(name, Text(text))  # as Text: what comes in square brackets is no markup
    return table


def _lines(result: Result) -> Iterator[tuple[str, str]]:
    o, m = result.options, result.machine
    yield "List queries", _list_queries(result)
    yield (
        "Other queries",
        (f"{result.cost.acquire_failures} failed acquisitions, {result.cost.job_queries} single-job queries"),
    )
    lead = result.median_lead_ms
    early = f"{result.early_locks} of {len(result.rows)} rows locked before run_at"
    yield "Early locks", early + (f", by {lead:,.0f} ms (median), as intended" if lead is not None else "")
    yield "Throughput", f"{result.jobs_per_second:,.1f} jobs/s from the first start to the last end"
    cpu = ", ".join(f"{kind} {seconds:,.1f}" for kind, seconds in result.cpu_per_1000.items())
    yield "CPU s per 1,000 jobs", f"{cpu} (of all processes of a kind)"
    yield "Statements", _statements(result)
    if o.ha:
        yield "Restarts", f"{result.restarts} of workers (each lives 10 - 30 s, stops, pauses 0 - 9 s); the beats go on"
    yield (
        "Round",
        (
            f"{o.duration:g} s, {o.instances} workers x {o.slots} slots ({o.pool}), {o.beats} beats, "
            f"MinPrepareTime {result.times.window.total_seconds():g} s, --seed {o.seed}"
        ),
    )
    stolen = f"; its host took away {result.stolen:,.1f} s of CPU time" if result.stolen else ""
    yield (
        "Machine",
        (
            f"{m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, Celery {m.celery}, "
            f"PostgreSQL {m.postgresql}, {m.broker}{stolen}"
        ),
    )
    yield "Logs", str(result.logs)
    yield "SQL", result.sql


def _list_queries(result: Result) -> str:
    cost = result.cost
    text = (
        f"{cost.list_queries} in the {cost.windows} windows from {cost.first_window:%H:%M:%S} to "
        f"{cost.last_window_ends:%H:%M:%S} UTC: "
    )
    if cost.uneven:
        text += "not one a window: " + ", ".join(f"{at:%H:%M:%S} had {n}" for at, n in cost.uneven)
    else:
        text += "one a window"
    if cost.above_floor == 0:
        text += f"; cost = 100 x {cost.windows} windows holds"
    else:
        text += f"; cost is 100 x {cost.windows} windows {cost.above_floor:+,}"
    if cost.list_queries_after:
        text += f"; {cost.list_queries_after} later ones, for the last jobs, are not counted"
    return text + f". {_compared(result.lists)}"


def _compared(lists: Traffic | None) -> str:
    if lists is None:
        return "pg_stat_statements: not available."
    difference = lists.list_queries - lists.logged_list_queries
    verb = "agrees" if difference == 0 else f"differs by {difference:+d}"
    return (
        f"pg_stat_statements {verb}: it saw {lists.list_queries} until the end of the load, the log has "
        f"{lists.logged_list_queries}."
    )


def _statements(result: Result) -> str:
    if result.traffic is None:
        return f"not available; to enable: {statements.ENABLE}"
    text = f"{result.traffic.per_second:,.1f}/s during the load (with the live inserts)"
    if result.idle is not None:
        text += f", {result.idle.per_second:,.2f}/s in {result.idle.seconds:,.0f} s of idleness"
    return text


def _number(value: float | None, digits: int = 2) -> str:
    return NONE if value is None else f"{value:,.{digits}f}"
