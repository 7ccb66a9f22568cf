"""Tiles of the overview: a figure, what it is seen beside, its last hour as a small chart, and where its jobs are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from jobs.models.rollups.digest import percentile
from jobs.models.rollups.series import Asked
from jobs.monitor.overview.trends import LATE_MS, Gauges, Planned, Trends, Values
from jobs.monitor.problem import LATE, Link
from jobs.spans import measured, span
from jobs.web.addresses import here
from jobs.web.sparkline import Spark, of_times

UNKNOWN = "—"
P99 = 0.99
SEEN_SPANS = {3600: "1 h", 86_400: "24 h"}


class Tile(NamedTuple):
    """A figure. `level`: how bad it is, empty where it is not; `more`: a second figure, with its own address."""

    name: str
    title: str
    value: str
    beside: str
    address: str
    spark: Spark | None = None
    level: str = ""
    more: Link | None = None


class OfQueue(NamedTuple):
    """Charts of a queue, and its figures in the last stretch, as a table shows them."""

    waiting: Spark
    use: Spark
    pending: str
    overdue: str
    oldest: str
    busy: str
    slots: str


class _Drawing(NamedTuple):
    """Frame of the charts of a span: where they begin, and how long a step is."""

    since: datetime
    each: timedelta

    def of(self, values: Values, name: str, say: Callable[[float], str], mark: float | None = None) -> Spark:
        return of_times(values, name, self.since, self.each, say, mark=mark)


def tiles(trends: Trends, *, alerts: int, is_past: bool = False) -> list[Tile]:
    """Return the tiles. What is counted is of the whole span now, and of its last stretch in the past."""
    draw = _Drawing(trends.asked.since, trends.each)
    all_of_it = [
        _delay(trends, is_past=is_past),
        _started(trends, draw, is_past=is_past),
        _failed(trends, draw, is_past=is_past),
        _late(trends, draw, is_past=is_past),
        _use(trends, draw, is_past=is_past),
        _backlog(trends, draw, is_past=is_past),
    ]
    if trends.planned is not None:
        all_of_it.append(_planned(trends.planned, trends))
    beside = "among those that are kept" if is_past else ""
    return [
        *all_of_it,
        Tile("alerts", "Open alerts", _whole(alerts), beside, here("/alerts/"), level="warn" if alerts else ""),
    ]


def of_queues(trends: Trends) -> dict[str, OfQueue]:
    """Return the charts of each queue."""
    return of_gauges(trends.asked, trends.queues)


def of_gauges(asked: Asked, queues: Mapping[str, Gauges]) -> dict[str, OfQueue]:
    """Return the charts of these queues, drawn over this span."""
    draw = _Drawing(asked.since, timedelta(seconds=asked.step))
    return {name: _of_queue(name, gauges, draw) for name, gauges in queues.items()}


def _of_queue(name: str, gauges: Gauges, draw: _Drawing) -> OfQueue:
    return OfQueue(
        waiting=draw.of(gauges.pending, f"Jobs that waited in {name}", number),
        use=draw.of(gauges.use, f"Use of the slots of {name}", percent, 100.0),
        pending=_shown(gauges.pending, number),
        overdue=_shown(gauges.overdue, number),
        oldest=_shown(gauges.oldest, span),
        busy=_shown(gauges.busy, number),
        slots=_shown(gauges.slots, number),
    )


def _delay(trends: Trends, *, is_past: bool) -> Tile:
    if is_past:
        p50, p99 = trends.p50[-1], trends.p99[-1]
    else:
        p50, p99 = (percentile(trends.digest, share, trends.longest or 0.0) for share in (0.5, P99))
    late = f"late after {LATE}\u00a0s" + (" or by its objective" if trends.has_objectives else "")
    beside = late if p50 is None else f"p50 {measured(p50)}, {late}"
    spark = of_times(
        *(trends.p99, "Start delay, p99, on a scale of logarithms", trends.asked.since, trends.each, measured),
        mark=LATE_MS,
        log=True,
    )
    one_of = -1 if is_past else 0
    is_late = _sum(trends.late[one_of:]) > (1 - P99) * sum(trends.delays[one_of:])  # as its p99 is above its limit
    level = "warn" if is_late else ""
    value = UNKNOWN if p99 is None else measured(p99)
    return Tile("delay", "Start delay, p99", value, beside, _ended(trends, is_past, sort="delay"), spark, level)


def _started(trends: Trends, draw: _Drawing, *, is_past: bool) -> Tile:
    last = trends.starts[-1]
    a_minute = None if last is None else last * 60 / trends.asked.step
    beside = f"{_whole(_sum(trends.starts))} in {_span(trends)}"
    spark = draw.of(trends.starts, "Jobs started", number)
    return Tile("started", "Started a minute", _or_unknown(a_minute), beside, _ended(trends, is_past), spark)


def _failed(trends: Trends, draw: _Drawing, *, is_past: bool) -> Tile:
    spark = draw.of(trends.failed, "Failed and interrupted starts", number)
    value, beside = _value(trends.failed, trends, is_past=is_past)
    address = _ended(trends, is_past, state="failed,interrupted")
    return Tile("failed", "Failed starts", value, beside, address, spark, "warn" if value not in ("0", UNKNOWN) else "")


def _late(trends: Trends, draw: _Drawing, *, is_past: bool) -> Tile:
    pairs = zip(trends.late, trends.missed, strict=True)
    both = tuple(None if late is None or missed is None else late + missed for late, missed in pairs)
    value, beside = _value(trends.late, trends, is_past=is_past)
    missed = trends.missed[-1] if is_past else _sum(trends.missed)
    more, address = None, _with_queue("/late/", trends, span="1h")
    if is_past:  # that page looks back from now only
        beside, address = f"{beside}; {_or_unknown(missed)} missed", _ended(trends, is_past, sort="delay")
    elif missed is not None:
        more = Link(f"{_whole(missed)} missed", address)
    spark = draw.of(both, "Late starts, and missed ones", number)
    level = "warn" if value not in ("0", UNKNOWN) or missed else ""
    return Tile("late", "Late starts", value, beside, address, spark, level, more)


def _use(trends: Trends, draw: _Drawing, *, is_past: bool) -> Tile:
    gauges = trends.all
    busy, slots = gauges.busy[-1], gauges.slots[-1]
    address = _due(trends) if is_past else _with_queue("/jobs/", trends, state="running")
    if busy is not None and slots is None:  # of several queues: workers serve many
        spark = draw.of(gauges.busy, "Jobs that ran", number)
        return Tile("use", "Running, in the mean", _or_unknown(busy), "", address, spark)
    used = gauges.use[-1]
    beside = "" if slots is None else f"{_or_unknown(busy)} of {number(slots)} slots"
    spark = draw.of(gauges.use, "Use of the slots", percent, 100.0)
    value, level = (UNKNOWN, "") if used is None else (percent(used), "warn" if used >= 100 else "")
    return Tile("use", "Use of slots", value, beside, address, spark, level)


def _backlog(trends: Trends, draw: _Drawing, *, is_past: bool) -> Tile:
    gauges = trends.all
    oldest = gauges.oldest[-1]
    spark = draw.of(gauges.oldest, "Age of the oldest job that was due", span)
    address = _due(trends) if is_past else _with_queue("/jobs/", trends, state="pending", later_than=LATE)
    level = "warn" if oldest is not None and oldest * 1000 > LATE_MS else ""
    overdue = gauges.overdue[-1]
    beside = "" if overdue is None else f"{number(overdue)} overdue"
    return Tile("backlog", "Backlog, age", _shown(gauges.oldest, span), beside, address, spark, level)


def _planned(planned: Planned, trends: Trends) -> Tile:
    until = planned.since + timedelta(hours=1)
    slots = trends.all.slots[-1]
    need = f"needs {number(planned.slots)} slots" + (f" of {number(slots)}" if slots is not None else "")
    spark = of_times(planned.starts, "Jobs that are due", planned.since, timedelta(minutes=1), number)
    address = _with_queue("/jobs/", trends, held="no", run_at_before=_written(until))
    level = "warn" if slots is not None and planned.slots > slots else ""
    return Tile("planned", "Due in the next hour", _whole(sum(planned.starts)), need, address, spark, level)


def _value(values: Values, trends: Trends, *, is_past: bool) -> tuple[str, str]:
    """Return what is counted in the last stretch and beside it in the whole span, of the past; now that of the span."""
    whole = _whole(_sum(values))
    if is_past:
        return _or_unknown(values[-1]), f"{whole} in {_span(trends)}"
    return (whole if any(value is not None for value in values) else UNKNOWN), f"in {_span(trends)}"


def _ended(trends: Trends, is_past: bool, **filters: str) -> str:
    """Return the address of the jobs that ended in the span; up to then, in the past."""
    return _of_span("finished_at", trends, is_past, filters)


def _due(trends: Trends) -> str:
    return _of_span("run_at", trends, True, {})


def _of_span(of: str, trends: Trends, is_past: bool, filters: dict[str, str]) -> str:
    bounds = {f"{of}_after": _written(trends.asked.since)}
    if is_past:
        bounds[f"{of}_before"] = _written(trends.asked.until)
    return _with_queue("/jobs/", trends, **filters, **bounds)


def _with_queue(page: str, trends: Trends, **filters: str) -> str:
    """Return the address of this page with these filters, and with the queue of which the figures are."""
    of = {"queue": trends.asked.queue} if trends.asked.queue else {}
    return here(f"{page}?{urlencode(of | filters, safe=':,')}")


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _span(trends: Trends) -> str:
    return SEEN_SPANS[round((trends.asked.until - trends.asked.since).total_seconds())]


def _sum(values: Iterable[float | None]) -> float:
    return sum(value for value in values if value is not None)


def _shown(values: Values, say: Callable[[float], str]) -> str:
    return UNKNOWN if values[-1] is None else say(values[-1])


def _or_unknown(value: float | None) -> str:
    return UNKNOWN if value is None else number(value)


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def number(value: float) -> str:
    """Write a count, or a mean of counts: `12,000`, `0.4`."""
    if 0 < value < 0.05:
        return "under 0.1"
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.1f}"


def percent(value: float) -> str:
    return f"{value:.0f} %"
