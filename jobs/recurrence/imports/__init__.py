"""Imports: files of other schedulers become entries, and lines that cannot come are refused with a sentence."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from jobs.recurrence.imports.cronjobs import cronjobs
from jobs.recurrence.imports.crontab import system_crontab, user_crontab
from jobs.recurrence.imports.entries import Entry, Found, Refused
from jobs.recurrence.imports.eventbridge import eventbridge
from jobs.recurrence.imports.timers import timers
from jobs.recurrence.imports.vevents import vevents

#: Readers by the name of the source.
SOURCES: Mapping[str, Callable[[str], Found]] = MappingProxyType(
    {
        "crontab": user_crontab,
        "crontab-system": system_crontab,
        "kubernetes": cronjobs,
        "icalendar": vevents,
        "systemd": timers,
        "eventbridge": eventbridge,
    }
)

__all__ = [
    "SOURCES",
    "Entry",
    "Found",
    "Refused",
    "cronjobs",
    "eventbridge",
    "system_crontab",
    "timers",
    "user_crontab",
    "vevents",
]
