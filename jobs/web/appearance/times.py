"""Times for people: by the clocks that they have chosen, with the short name of the zone, and with UTC beside."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from re import Match

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from jobs.web.appearance import shown

MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)?"
# As sentences of ours write them: one, or from one until another, which may lie on the same day.
OF_SENTENCES = re.compile(rf"({MOMENT})(?:( (?:until|to) )({MOMENT}|\d\d:\d\d(?::\d\d)?))? UTC\b")


def exact(moment: datetime | None) -> str:
    """Write it in UTC: `2026-11-21 12:00:05.123`, the fraction only where there is one."""
    return "—" if moment is None else _written(moment.astimezone(UTC))


def local(moment: datetime) -> str:
    """Write it by the clocks of whoever looks, with their short name: `2026-11-21 13:00:05.123 CET`."""
    here = moment.astimezone(shown.zone())
    return f"{_written(here)} {here:%Z}"


def minute(moment: datetime | None) -> str:
    """Write it to the minute by the clocks of whoever looks: `2026-11-21 13:00 CET`."""
    return "—" if moment is None else f"{moment.astimezone(shown.zone()):%Y-%m-%d %H:%M %Z}"


def weekday(moment: datetime) -> str:
    """Write it with its day of the week, by the clocks of whoever looks: `Sat 2026-11-21 13:00 CET`."""
    return f"{moment.astimezone(shown.zone()):%a %Y-%m-%d %H:%M %Z}"


def clocked(sentence: str, moment: datetime) -> str:
    """Return a sentence about this moment, in which it stands as UTC without saying so, by the clocks of whoever
    looks."""
    for form in ("%a %H:%M", "%H:%M"):
        stands = f"{moment.astimezone(UTC):{form}}"
        if stands in sentence:
            return sentence.replace(stands, f"{moment.astimezone(shown.zone()):{form} %Z}", 1)
    return sentence


def zone_of(moment: datetime) -> str:
    """Return the short name of the zone by whose clocks it is shown: `CET`."""
    return f"{moment.astimezone(shown.zone()):%Z}"


def element(moment: datetime, now: datetime | None = None) -> SafeString:
    """Show it by the clocks of whoever looks, and UTC where one points at it. `now`: without the date of today."""
    zone = shown.zone()
    here = moment.astimezone(zone)
    is_today = now is not None and here.date() == now.astimezone(zone).date()
    return format_html(
        '<time datetime="{}" title="{} UTC">{} <span class="zone">{}</span></time>',
        moment.astimezone(UTC).isoformat(),
        exact(moment),
        _written(here)[11:] if is_today else _written(here),
        f"{here:%Z}",
    )


def in_sentence(sentence: str) -> SafeString:
    """Show a sentence of ours with its times by the clocks of whoever looks. Where these are UTC it stays as it is."""
    escaped = conditional_escape(sentence)
    if shown.zone() == shown.EVEN:
        return escaped
    return mark_safe(OF_SENTENCES.sub(_moved, escaped))  # noqa: S308 - escaped above; what is put in is made of digits


def _moved(found: Match[str]) -> str:
    first, between, second = found.groups()
    if second is None:
        return _shown(first)
    return f"{_shown(first)}{between}{_shown(second if len(second) > len('00:00:00') else f'{first[:10]} {second}')}"


def _shown(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return element(moment)
    except (ValueError, OverflowError):  # no day of any calendar
        return f"{text} UTC"


def _written(moment: datetime) -> str:
    fraction = f".{moment.microsecond // 1000:03d}" if moment.microsecond else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction}"
