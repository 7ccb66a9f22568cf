"""Draws what the model says for 2 to 64 cores, with the measured points, as one SVG, and prints it as a table:

    .venv/bin/python -m verification.benchmark.cores.chart docs/cores.svg             # from the recorded constants
    make bench-scale-out ARGS="--json scale.json"
    .venv/bin/python -m verification.benchmark.cores.chart docs/cores.svg scale.json  # from those measured here

Both axes are logarithmic: a straight line along the diagonal means that twice the cores do twice the work.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

from verification.benchmark.cores.constants import Constants, Point, measured, recorded
from verification.benchmark.cores.simulation import best, per_second

CORES = (2, 4, 8, 16, 32, 64)
BEATS = (1, 2, 4, 16)
LIST_QUERY = 100  # what one costs, in the exercise's terms: each beat that shares a window lists its part
WIDTH, HEIGHT = 900, 420
LEFT, RIGHT, TOP, BOTTOM = 80, 640, 20, 360
COLOURS = ("#d6336c", "#1c7ed6", "#2f9e44", "#e8590c", "#7048e8", "#868e96")

# By the number of cores: jobs a second.
Line = Mapping[int, float]


def lines(points: Sequence[Point]) -> dict[str, Line]:
    """Return lines for the points with most and with least CPU a job, of those that have bundles: each with one beat
    and with most."""
    found = {}
    ordered = sorted((each for each in points if each.constants.bundle > 1), key=lambda each: -each.constants.total)
    for point in dict.fromkeys((ordered[0].name, ordered[-1].name)):
        of = next(each.constants for each in points if each.name == point)
        for beats in (BEATS[0], BEATS[-1]):
            found[f"{point}, {beats} beat{'s' * (beats > 1)}"] = line(of, beats)
    return found


@lru_cache
def line(of: Constants, beats: int) -> Line:
    """Return what the model says, with as many workers as are best."""
    return {cores: best(of, cores=cores, beats=beats)[0] for cores in CORES}


def svg(curves: Mapping[str, Line], points: Sequence[Point]) -> str:
    """Return one picture of all lines and points."""
    rates = [rate for curve in curves.values() for rate in curve.values()] + [point.per_second for point in points]
    low, high = 10.0 ** math.floor(math.log10(min(rates))), 10.0 ** math.ceil(math.log10(max(rates)))

    def x(cores: float) -> float:
        return LEFT + (RIGHT - LEFT) * math.log(cores / CORES[0]) / math.log(CORES[-1] / CORES[0])

    def y(rate: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * math.log10(rate / low) / math.log10(high / low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for cores in CORES:
        parts.append(f'<line x1="{x(cores):.1f}" x2="{x(cores):.1f}" y1="{TOP}" y2="{BOTTOM}" stroke="#e9ecef"/>')
        parts.append(f'<text x="{x(cores):.1f}" y="{BOTTOM + 18}" text-anchor="middle" fill="#495057">{cores}</text>')
    rate = low
    while rate <= high:
        parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y(rate):.1f}" y2="{y(rate):.1f}" stroke="#e9ecef"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(rate) + 4:.1f}" text-anchor="end" fill="#495057">{rate:,.0f}</text>')
        rate *= 10
    parts.append(f'<text x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 42}" text-anchor="middle">cores</text>')
    parts.append(f'<text transform="translate(16 {BOTTOM - 130}) rotate(-90)">jobs a second</text>')
    for number, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x(cores):.1f},{y(rate):.1f}" for cores, rate in curve.items())
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        at = TOP + 20 + 40 * number
        key = f'x1="{RIGHT + 16}" x2="{RIGHT + 36}" y1="{at - 4}" y2="{at - 4}"'
        parts.append(f'<line {key} stroke="{colour}" stroke-width="3"/>')
        head, _, tail = name.rpartition(", ")
        parts.append(f'<text x="{RIGHT + 44}" y="{at}">{escape(head)}</text>')
        parts.append(f'<text x="{RIGHT + 44}" y="{at + 16}" fill="#495057">{escape(tail)}</text>')
    for point in points:
        parts.append(f'<circle cx="{x(point.cores):.1f}" cy="{y(point.per_second):.1f}" r="4" fill="#212529"/>')
    at = TOP + 20 + 40 * len(curves)
    parts.append(f'<circle cx="{RIGHT + 26}" cy="{at - 4}" r="4" fill="#212529"/>')
    parts.append(f'<text x="{RIGHT + 44}" y="{at}">measured</text>')
    return "\n".join([*parts, "</svg>", ""])


def table(points: Sequence[Point]) -> Iterator[str]:
    """Yield lines of Markdown: each point beside the model, and jobs a second by cores and beats of the last point."""
    yield "| measured | cores, workers | jobs/s | the model | of it |"
    yield "|---|---|---|---|---|"
    for point in points:
        says = per_second(point.constants, cores=point.cores, workers=point.workers)
        where = f"{point.cores}, {point.workers}"
        yield f"| {point.name} | {where} | {point.per_second:,.0f} | {says:,.0f} | {says / point.per_second:.2f} |"
    yield ""
    yield "| beats (cost a window) | " + " | ".join(f"{cores} cores" for cores in CORES) + " |"
    yield "|---" * (len(CORES) + 1) + "|"
    for beats in BEATS:
        rates = line(points[-1].constants, beats)
        yield f"| {beats} ({LIST_QUERY * beats}) | " + " | ".join(f"{rate:,.0f}" for rate in rates.values()) + " |"


def main(picture: str, figures: str = "") -> None:
    points = list(measured(json.loads(Path(figures).read_text()))) if figures else recorded()
    Path(picture).write_text(svg(lines(points), points))
    print("\n".join(table(points)))


if __name__ == "__main__":
    main(*sys.argv[1:3])
