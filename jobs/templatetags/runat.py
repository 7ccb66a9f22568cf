"""Filters and tags for moments, spans and states: shown alike everywhere, by the clocks of whoever looks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs import exactjson, rules
from jobs.models import Operation
from jobs.nodes.metrics import Reading
from jobs.spans import measured, span
from jobs.states import State, StopStanding
from jobs.web.addresses import here
from jobs.web.appearance import shown, times
from jobs.web.appearance.times import exact

register = template.Library()
register.filter("policies", rules.policies)
register.filter("here", here)
register.filter("exact", exact)
register.filter("local", times.local)
register.filter("minute", times.minute)
register.filter("zone_of", times.zone_of)
register.filter("weekday", times.weekday)
register.filter("clocked", times.clocked)
register.filter("timed", times.in_sentence)

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
STOP_LOOKS = {
    StopStanding.PLANNED: ("info", "○"),
    StopStanding.STOPPED: ("bad", "■"),
    StopStanding.LETTING_GO: ("warn", "…"),
}


# By their ends; None: it goes on.
OPERATION_LOOKS = {
    None: ("info", "▸", "goes on"),
    Operation.Outcome.DONE: ("good", "✓", "done"),
    Operation.Outcome.CANCELLED: ("idle", "⊘", "cancelled"),
    Operation.Outcome.FAILED: ("bad", "✕", "failed"),
}


def badge(level: str, sign: str, text: str) -> SafeString:
    return format_html('<span class="badge {}"><span aria-hidden="true">{}</span>{}</span>', level, sign, text)


@register.simple_tag
def looked(look: tuple[str, str, str]) -> SafeString:
    """Show a badge whose level, sign and text are given."""
    return badge(*look)


@register.filter
def alert_badge(level: str) -> SafeString:
    return badge("bad", "✕", "bad") if level == "bad" else badge("warn", "!", "warning")


@register.filter
def state_badge(state: int) -> SafeString:
    level, sign = LOOKS[State(state)]
    return badge(level, sign, str(State(state).label))


@register.filter
def worker_badge(status: str) -> SafeString:
    return badge(*WORKER_LOOKS[status], status)


@register.filter
def operation_badge(outcome: str | None) -> SafeString:
    return badge(*OPERATION_LOOKS[Operation.Outcome(outcome) if outcome else None])


@register.filter
def stop_badge(standing: StopStanding) -> SafeString:
    return badge(*STOP_LOOKS[standing], str(standing.label))


@register.filter
def vitals(reading: Reading) -> str:
    """`12 %, 63 %, 0.4`, and the GPU where there is one."""
    if reading.memory is None:
        return "—"
    cpu = "—" if reading.cpu is None else f"{reading.cpu:.0f} %"
    load = "—" if reading.load is None else f"{reading.load:.1f}"
    gpu = "" if reading.gpu is None else f", GPU {reading.gpu:.0f} %"
    return f"{cpu}, {reading.memory:.0f} %, {load}{gpu}"


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
        '<time datetime="{}" data-tick="{}" title="{}">{}</time>', stamp, way, times.local(moment), span(seconds)
    )


@register.filter
def ran_for(begun: datetime, now: datetime) -> str:
    """Say how long it has been since then."""
    return span(max((now - begun).total_seconds(), 0.0))


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime | None) -> SafeString:
    """The time of day, with the date where it is not today."""
    return SafeString("—") if value is None else times.element(value, context["now"])


@register.simple_tag(takes_context=True)
def appearance(context: Context) -> shown.Shown:
    """Return how this answer is shown."""
    return shown.current() or shown.Shown(context["request"])


@register.simple_tag
def zone_key() -> str:
    """Name the zone of times: `Europe/Berlin`."""
    return shown.zone().key


@register.simple_tag
def date_and_time(value: datetime | None) -> SafeString:
    """The time with its date, where no page says which day it is."""
    return SafeString("—") if value is None else times.element(value)


@register.filter
def lasted(milliseconds: float | None) -> str:
    """Say how long it took: `1.24 ms`, `23 h 59 min`; a dash where nobody knows."""
    return "—" if milliseconds is None else measured(milliseconds)


@register.filter
def seconds(value: float) -> str:
    """Say a length of time that was asked for: `90` is `1 min 30 s`."""
    return span(value)


@register.filter
def ms(value: float | None) -> str:
    """Milliseconds with two decimals: `0.42`, `1,234.00`; a dash where there are none."""
    return "—" if value is None else f"{value:,.2f}"


@register.filter
def whole(value: int) -> str:
    """Write a count for people: `12,000`."""
    return f"{value:,}"


@register.filter
def linked(sentence: str, links: Iterable[tuple[str, str]]) -> SafeString:
    """Show a sentence with links from parts of it, each (text, address), in their order there."""
    parts, rest = [], sentence
    for text, address in links:
        before, found, after = rest.partition(text)
        if found:
            parts.append(format_html('{}<a href="{}">{}</a>', before, address, text))
            rest = after
    return format_html("{}{}", format_html_join("", "{}", ((part,) for part in parts)), rest)


@register.filter
def as_json(payload: object) -> str:
    """Write a payload for people to read. One nested as deeply as Python can read it is too deep to be written out."""
    try:
        return exactjson.dumps(payload, indent=2)
    except (ValueError, RecursionError):
        return "This payload is nested too deeply to be shown."


@register.filter
def said(log: object) -> str:
    """Return what a target said, a line each with its time of day by the clocks of whoever looks; and where some are
    missing."""
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
    return " ".join(filter(None, (_time_of_day(line.get("at", "")), said_by, line.get("text", ""))))


def _time_of_day(stamp: str) -> str:
    try:
        at = datetime.fromisoformat(stamp)
        return at.astimezone(shown.zone()).isoformat(timespec="milliseconds")[11:23]
    except (ValueError, OverflowError):  # of an old line
        return stamp[11:23]


@register.filter
def percent(share: float | None) -> str:
    return "" if share is None else f"{int(share * 100)} %"


@register.filter
def bounded(count: int, limit: int) -> str:
    """A count that was read no further than to one more than this: `over 10,000`."""
    return f"over {limit:,}" if count > limit else f"{count:,}"
