"""The verdict for people: one line a round, then what was wrong, what was interrupted and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from jobs import failpoints
from verification.drill.checker import Kind
from verification.drill.round import Outcome

SHOWN = 15
NOTES_SHOWN = 3
COLUMNS = (
    "round",
    "jobs",
    "lost",
    "doubled",
    "early",
    "too late",
    "over limit",
    "worst delay",
    "interrupted",
    "cost",
    "restarts",
)


@dataclass(frozen=True)
class Report:
    """`facts`: what was in force, by name. `complete`: every failpoint had to be passed."""

    outcomes: Sequence[Outcome]
    facts: dict[str, str]
    complete: bool

    @property
    def exercised(self) -> dict[str, int]:
        """Return how often each failpoint acted, by its name."""
        return {name: sum(o.exercised.get(name, 0) for o in self.outcomes) for name in failpoints.NAMES}

    @property
    def missed(self) -> list[str]:
        """Failpoints that had to act and never did."""
        return [name for name, times in self.exercised.items() if not times] if self.complete else []

    @property
    def passed(self) -> bool:
        return all(outcome.verdict.passed for outcome in self.outcomes) and not self.missed

    def as_json(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "facts": self.facts,
            "failpoints": self.exercised,
            "rounds": [
                {
                    "name": o.plan.name,
                    "run": o.run,
                    "seed": o.seed,
                    "passed": o.verdict.passed,
                    "counts": {str(kind): o.verdict.count(kind) for kind in Kind},
                    "injected": o.injected,
                    "clocks": o.clocks,
                    "failpoints": o.exercised,
                    "load": o.load,
                    "restarts": o.restarts,
                    "seconds": round(o.seconds, 1),
                    "queries": asdict(o.queries),
                    **asdict(o.verdict),
                }
                for o in self.outcomes
            ],
        }


def show(report: Report, console: Console) -> None:
    """Print the card."""
    colour = "green" if report.passed else "red"
    console.print(Panel(Group(*_parts(report, colour)), title="RunAt drill", border_style=colour))


def _parts(report: Report, colour: str) -> Iterator[RenderableType]:
    jobs = sum(o.verdict.jobs for o in report.outcomes)
    done = sum(o.verdict.completed for o in report.outcomes)
    interrupted = sum(len(o.verdict.interruptions) for o in report.outcomes)
    words = "PASSED" if report.passed else "FAILED"
    text = f"{words}: {jobs} jobs, {done} completed, {interrupted} interrupted and explained by a kill or stop."
    if not report.passed:
        text = f"{words}: {jobs} jobs, {done} completed, {interrupted} interrupted."
    yield Text(text, style=f"bold {colour}")
    yield Padding(_table(report.outcomes), (1, 0))
    for outcome in report.outcomes:
        yield from _details(outcome)
    if report.missed:
        yield Text(f"Failpoints that nobody passed: {', '.join(report.missed)}", style="red")
    yield Padding(_facts(report), (1, 0, 0, 0))


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in COLUMNS:
        table.add_column(title, justify="left" if title == "round" else "right")
    for o in outcomes:
        v, q = o.verdict, o.queries
        limit = f" (max {q.limit:,.0f})" if q.limit is not None else ""
        table.add_row(
            Text(o.plan.name, style="green" if v.passed else "red"),
            str(v.jobs),
            *(str(v.count(kind)) for kind in (Kind.LOST, Kind.DOUBLED, Kind.EARLY, Kind.LATE, Kind.LIMIT)),
            f"{v.worst_delay:.1f} s",
            str(len(v.interruptions)),
            f"{q.cost:,}/{100 * q.windows:,}{limit}",
            str(o.restarts),
        )
    table.caption = "Cost: 100 x list queries + 10 x failed acquisitions, over 100 x windows."
    table.caption_justify = "left"
    return table


def _details(outcome: Outcome) -> Iterator[Text]:
    v, name = outcome.verdict, outcome.plan.name
    injected = ", ".join(f"{times} x {fault}" for fault, times in {**outcome.injected, **outcome.exercised}.items())
    yield Text(f"{name}: {injected or 'nothing injected'}; {outcome.seconds:.0f} s, --seed {outcome.seed}")
    yield Text(f"  in the load: {', '.join(f'{times} {what}' for what, times in outcome.load.items())}")
    if outcome.clocks:
        yield Text(f"  clocks, off the true time: {'; '.join(outcome.clocks)}")
    for violation in v.violations[:SHOWN]:
        yield Text(f"  {violation.kind}: {violation.text}", style="red")
    if len(v.violations) > SHOWN:
        yield Text(f"  and {len(v.violations) - SHOWN} more", style="red")
    reasons = [i.why or "unexplained" for i in v.interruptions]
    for why in sorted(set(reasons)):
        jobs = [str(i.job_id) for i in v.interruptions if (i.why or "unexplained") == why]
        shown = ", ".join(jobs[:SHOWN]) + (" ..." if len(jobs) > SHOWN else "")
        yield Text(f"  interrupted, since {why}: job {shown}", style="yellow")
    if v.zombies:
        yield Text(f"  {v.zombies} bodies began after their job had been declared interrupted", style="yellow")
    for note in v.notes[:NOTES_SHOWN]:
        yield Text(f"  note: {note}", style="dim", overflow="ellipsis", no_wrap=True)
    if len(v.notes) > NOTES_SHOWN:
        yield Text(f"  and {len(v.notes) - NOTES_SHOWN} more lines of what raised (see the logs)", style="dim")


def _facts(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    passed = ", ".join(f"{name} {times}" for name, times in report.exercised.items())
    for name, text in {"Failpoints": passed, **report.facts}.items():
        table.add_row(name, Text(text))
    return table
