"""Small charts without axes, drawn by the server: a step for each value, none where a value is not known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.web.appearance import shown

WIDTH, HEIGHT = 120, 24
LEAST = 0.1  # where a scale of logarithms begins


class Spark(NamedTuple):
    """Values of equal stretches of time, None where one is not known. `text`: what it shows, for those who do not see
    it. `mark`: the value of a line across it, which is within its scale. `log`: its scale is one of logarithms."""

    values: tuple[float | None, ...]
    text: str
    mark: float | None = None
    log: bool = False


def of_times(
    values: Sequence[float | None],
    name: str,
    since: datetime,
    each: timedelta,
    say: Callable[[float], str],
    *,
    mark: float | None = None,
    log: bool = False,
) -> Spark:
    """Return the chart of these values, the first of the stretch from `since` on, and say in words what it shows."""
    zone = shown.zone()
    begin, end = since.astimezone(zone), (since + len(values) * each).astimezone(zone)
    where = f"{name}, {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M %Z}"
    known = [(value, (since + n * each).astimezone(zone)) for n, value in enumerate(values) if value is not None]
    if not known:
        return Spark(tuple(values), f"{where}: nothing is known.", mark, log)
    highest, at = max(known, key=lambda one: one[0])
    lowest, _ = min(known, key=lambda one: one[0])
    last, last_at = known[-1]
    if highest == lowest:
        return Spark(tuple(values), f"{where}: {say(highest)} all the time.", mark, log)
    missing = "" if len(known) == len(values) else f"; {len(values) - len(known)} of {len(values)} are not known"
    words = (
        f"{where}: {say(lowest)} to {say(highest)}, which was at {at:%H:%M}; {say(last)} at {last_at:%H:%M}{missing}."
    )
    return Spark(tuple(values), words, mark, log)


@lru_cache(maxsize=4096)
def drawn(spark: Spark) -> SafeString:
    """Return the chart as an SVG element that says in words, too, what it shows."""
    heights = _heights(spark)
    line, area = [], []
    for run in _runs(heights):
        steps = "".join(f"V{y:g}H{x:g}" for _, x, y in run)
        begin, _, first = run[0]
        line.append(f"M{begin:g} {first:g}{steps}")
        area.append(f"M{begin:g} {HEIGHT}{steps}V{HEIGHT}Z")
    marked = ""
    if spark.mark is not None:
        y = _height(spark.mark, spark)
        marked = format_html('<path class="mark" d="M0 {}H{}"></path>', f"{y:g}", WIDTH)
    return format_html(
        '<svg class="sparkline" viewBox="0 -1 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<title>{}</title><path class="area" d="{}"></path><path class="line" d="{}"></path>{}</svg>',
        *(WIDTH, HEIGHT + 2, spark.text, spark.text, "".join(area), "".join(line), marked),
    )


def _heights(spark: Spark) -> list[float | None]:
    return [None if value is None else _height(value, spark) for value in spark.values]


def _height(value: float, spark: Spark) -> float:
    """Return how far below the top of the chart a value stands."""
    top = max([*(one for one in spark.values if one is not None), spark.mark or 0.0])
    if spark.log:
        top = max(top, LEAST * 10)
        share = math.log(max(value, LEAST) / LEAST) / math.log(top / LEAST)
    else:
        share = value / top if top > 0 else 0.0
    return round(HEIGHT * (1 - share), 1)


def _runs(heights: Sequence[float | None]) -> Iterator[list[tuple[float, float, float]]]:
    """Yield what is known without a gap: where each step begins and ends, and its height."""
    width = WIDTH / max(len(heights), 1)
    run: list[tuple[float, float, float]] = []
    for n, y in enumerate(heights):
        if y is not None:
            run.append((round(n * width, 2), round((n + 1) * width, 2), y))
        elif run:
            yield run
            run = []
    if run:
        yield run
