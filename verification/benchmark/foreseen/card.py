"""The comparison as a table."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from verification.benchmark.foreseen.result import Result

SHOWN = 20  # minutes, those with the greatest delays


def show(result: Result, console: Console) -> None:
    """Print the verdict and the worst minutes."""
    m, found = result.machine, result.compared
    forecast, measured = (one / 1000 for one in found.greatest)
    table = Table(title="The minutes with the greatest delays (s)", title_justify="left", box=None, pad_edge=False)
    for title in ("", "starts", "forecast", "measured", "ratio"):
        table.add_column(title, justify="left" if not title else "right")
    worst = sorted(found.minutes, key=lambda one: -max(one.forecast, one.measured))[:SHOWN]
    for one in sorted(worst, key=lambda one: one.begin):
        ratio = f"{one.forecast / one.measured:.2f}" if one.was_late and one.was_foreseen else "-"
        cells = f"{one.starts:,}", f"{one.forecast / 1000:.2f}", f"{one.measured / 1000:.2f}", ratio
        table.add_row(f"{one.begin:%H:%M}", *cells)
    ratios = found.ratios
    each = f", of each overloaded minute {ratios[0]:.2f} to {ratios[-1]:.2f}" if ratios else ""
    named = f"{found.foreseen} were named, {found.both} rightly"
    verdict = (
        f"{found.late} of {len(found.minutes)} minutes were overloaded; {named}: "
        f"precision {found.precision:.2f}, recall {found.recall:.2f}."
    )
    delays = f"forecast {forecast:.1f} s, measured {measured:.1f} s, ratio {found.ratio:.2f}{each}"
    where = (
        f"{m.cores} cores (load average {m.load:.1f} at the start), Python {m.python}, PostgreSQL {m.postgresql}, "
        f"{m.broker}. Logs: {result.logs}"
    )
    console.print(
        Group(
            Text(verdict, style="bold green" if result.passed else "bold red"),
            Text(f"The greatest delay: {delays}."),
            *(Text(f"  {flaw}", style="yellow") for flaw in result.flaws[:10]),
            table,
            Text(f"Bodies were taken to last {result.lasts:.2f} s. Seed {result.options.seed}. {where}"),
        )
    )
