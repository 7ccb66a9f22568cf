"""Filters and tags for moments, spans and states: shown alike everywhere. Times are UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import exactjson, rules
from jobs.nodes.metrics import Reading
from jobs.states import State

register = template.Library()
register.filter("policies", rules.policies)

# Each state has a sign and a word beside its colour: colour alone says nothing to many.
LOOKS = {
    State.PENDING: ("idle", "○"),
    State.RUNNING: ("info", "▸"),
    State.COMPLETED: ("good", "✓"),
    State.FAILED: ("bad", "✕"),
    State.CANCELLED: ("idle", "⊘"),
    State.INTERRUPTED: ("bad", "↯"),
    State.SKIPPED: ("idle", "↷"),
}
WORKER_LOOKS = {
    "alive": ("good", "✓"),
    "silent": ("warn", "…"),
    "full": ("warn", "!"),
    "drained": ("warn", "‖"),
    "gone": ("bad", "✕"),
    "stopped": ("idle", "⊘"),
}


def badge(level: str, sign: str, text: str) -> SafeString:
    return format_html('<span class="badge {}"><span aria-hidden="true">{}</span>{}</span>', level, sign, text)


@register.filter
def state_badge(state: int) -> SafeString:
    level, sign = LOOKS[State(state)]
    return badge(level, sign, str(State(state).label))


@register.filter
def worker_badge(status: str) -> SafeString:
    return badge(*WORKER_LOOKS[status], status)


@register.filter
def vitals(reading: Reading) -> str:
    """`12 %, 63 %, 0.4`, and the GPU where there is one."""
    if reading.memory is None:
        return "—"
    cpu = "—" if reading.cpu is None else f"{reading.cpu:.0f} %"
    load = "—" if reading.load is None else f"{reading.load:.1f}"
    gpu = "" if reading.gpu is None else f", GPU {reading.gpu:.0f} %"
    return f"{cpu}, {reading.memory:.0f} %, {load}{gpu}"


def span(seconds: float) -> str:
    """A length of time for people: `12 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h`. static/monitor.js says the same."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


@register.simple_tag(takes_context=True)
def since(context: Context, moment: datetime | None) -> SafeString:
    """Show how long ago it was; the page goes on counting by itself."""
    return _ticking(context["now"], moment, "since")


@register.simple_tag(takes_context=True)
def until(context: Context, moment: datetime | None) -> SafeString:
    """Show how long it is until then; the page goes on counting by itself."""
    return _ticking(context["now"], moment, "until")


def _ticking(now: datetime, moment: datetime | None, way: str) -> SafeString:
    if moment is None:
        return SafeString("—")
    seconds = (now - moment).total_seconds() if way == "since" else (moment - now).total_seconds()
    stamp = moment.astimezone(UTC).isoformat()
    return format_html(
        '<time datetime="{}" data-tick="{}" title="{}">{}</time>', stamp, way, exact(moment), span(seconds)
    )


@register.filter
def exact(moment: datetime | None) -> str:
    """`2026-11-21 12:00:05.123`, the fraction only where there is one."""
    if moment is None:
        return "—"
    moment = moment.astimezone(UTC)
    fraction = f".{moment.microsecond // 1000:03d}" if moment.microsecond else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction}"


@register.filter
def exact_us(moment: datetime) -> str:
    """Format a moment with all microseconds, in UTC: where the gaps between moments are the matter."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime | None) -> SafeString:
    """The time of day, with the date where it is not today."""
    if value is None:
        return SafeString("—")
    value = value.astimezone(UTC)
    today = value.date() == context["now"].astimezone(UTC).date()
    shown = exact(value)[11:] if today else exact(value)
    return format_html('<time datetime="{}" title="{} UTC">{}</time>', value.isoformat(), exact(value), shown)


@register.filter
def ms(value: float | None) -> str:
    """Milliseconds with two decimals: `0.42`, `1,234.00`; a dash where there are none."""
    return "—" if value is None else f"{value:,.2f}"


@register.filter
def whole(value: int) -> str:
    """Write a count for people: `12,000`."""
    return f"{value:,}"


@register.filter
def as_json(payload: object) -> str:
    """Write a payload for people to read. One nested as deeply as Python can read it is too deep to be written out."""
    try:
        return exactjson.dumps(payload, indent=2)
    except (ValueError, RecursionError):
        return "This payload is nested too deeply to be shown."


@register.filter
def said(log: object) -> str:
    """Return what a target said, a line each with its time of day, in UTC; and where some are missing."""
    if not isinstance(log, dict):
        return ""
    lines = [_line(line) for line in log.get("lines", [])]
    more = log.get("more", 0)
    if more:
        lines.insert(log.get("cut_after", len(lines)), f"... {more:,} more line{'' if more == 1 else 's'} ...")
    return "\n".join(lines)


def _line(line: dict[str, str]) -> str:
    source, level = line.get("from", ""), line.get("level", "info")
    said_by = " ".join(filter(None, (level.upper() if level != "info" else "", source and f"[{source}]")))
    return " ".join(filter(None, (line.get("at", "")[11:23], said_by, line.get("text", ""))))


@register.filter
def percent(share: float | None) -> str:
    return "" if share is None else f"{int(share * 100)} %"


@register.filter
def bounded(count: int, limit: int) -> str:
    """A count that was not read to its end: `10,000+`."""
    return f"{limit:,}+" if count >= limit else f"{count:,}"
