"""Draws how late jobs started, from the JSON of `make bench` or `make bench-peers`, as one SVG:

    make bench-peers ARGS="--json benchmark-peers.json"
    .venv/bin/python -m verification.benchmark.report.delays_chart benchmark-peers.json docs/delays.svg

Each line shows, for a delay on the x axis, which share of a system's jobs started later than that. Both axes are
logarithmic: a line that falls early is punctual, one that falls steeply has no tail.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 900, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 690, 20, 360
LEAST = 0.01  # ms: what is shorter is drawn here
COLOURS = ("#d6336c", "#1c7ed6", "#2f9e44", "#e8590c", "#7048e8", "#868e96")
DECADE_NAMES = {0.01: "10 µs", 0.1: "0.1 ms", 1: "1 ms", 10: "10 ms", 100: "100 ms", 1000: "1 s", 10_000: "10 s"}


def series(figures: Mapping[str, Any]) -> dict[str, list[float]]:
    """Name -> start delays in milliseconds, sorted; of whichever benchmark wrote these figures."""
    if "systems" not in figures:
        return {"RunAt": sorted(figures["delays_ms"])}
    measured = [system for system in figures["systems"] if system["punctuality"]]
    return {system["title"]: sorted(system["punctuality"]["delays_ms"]) for system in measured}


def svg(lines: Mapping[str, Sequence[float]]) -> str:
    """Return one picture of all lines, by their names. Delays are sorted, in milliseconds."""
    worst = max((delays[-1] for delays in lines.values() if delays), default=1.0)
    most = max((len(delays) for delays in lines.values()), default=1)
    right = 10.0 ** math.ceil(math.log10(max(worst, 1.0)))
    lowest = 1 / max(most, 10)

    def x(delay: float) -> float:
        return LEFT + (RIGHT - LEFT) * math.log10(max(delay, LEAST) / LEAST) / math.log10(right / LEAST)

    def y(share: float) -> float:
        return TOP + (BOTTOM - TOP) * math.log10(share) / math.log10(lowest)

    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="system-ui, sans-serif" font-size="13">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *_grid(right, lowest, x, y),
            *_curves(lines, x, y),
            "</svg>",
            "",
        ]
    )


def _grid(right: float, lowest: float, x: Any, y: Any) -> Iterator[str]:
    for decade, name in DECADE_NAMES.items():
        if decade <= right:
            yield f'<line x1="{x(decade):.1f}" x2="{x(decade):.1f}" y1="{TOP}" y2="{BOTTOM}" stroke="#e9ecef"/>'
            yield f'<text x="{x(decade):.1f}" y="{BOTTOM + 18}" text-anchor="middle" fill="#495057">{name}</text>'
    share = 1.0
    while share >= lowest:
        yield f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y(share):.1f}" y2="{y(share):.1f}" stroke="#e9ecef"/>'
        yield f'<text x="{LEFT - 8}" y="{y(share) + 4:.1f}" text-anchor="end" fill="#495057">{share * 100:g} %</text>'
        share /= 10
    middle = (LEFT + RIGHT) / 2
    yield f'<text x="{middle}" y="{BOTTOM + 42}" text-anchor="middle">started later than this after run_at</text>'
    yield f'<text transform="translate(16 {BOTTOM - 80}) rotate(-90)">share of the jobs</text>'


def _curves(lines: Mapping[str, Sequence[float]], x: Any, y: Any) -> Iterator[str]:
    for number, (name, delays) in enumerate(lines.items()):
        if not delays:
            continue
        colour = COLOURS[number % len(COLOURS)]
        jobs = len(delays)
        # After the i-th soonest start, so many are still to come.
        points = [(x(delays[0]), y(1.0))] + [(x(d), y((jobs - i) / jobs)) for i, d in enumerate(delays)]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        width = 3 if number == 0 else 1.6
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
        at = TOP + 20 + 22 * number
        key = f'x1="{RIGHT + 20}" x2="{RIGHT + 44}" y1="{at - 4}" y2="{at - 4}"'
        yield f'<line {key} stroke="{colour}" stroke-width="3"/>'
        yield f'<text x="{RIGHT + 52}" y="{at}">{escape(name)}</text>'


def main(source: str, picture: str) -> None:
    Path(picture).write_text(svg(series(json.loads(Path(source).read_text()))))


if __name__ == "__main__":
    main(*sys.argv[1:3])
