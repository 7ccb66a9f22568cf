"""Imports: files of other schedulers become entries, and lines that cannot come are refused with a sentence."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from jobs.recurrence.imports.cronjobs import cronjobs
from jobs.recurrence.imports.crontab import system_crontab, user_crontab
from jobs.recurrence.imports.entries import Entry, Found, Refused
from jobs.recurrence.imports.eventbridge import eventbridge
from jobs.recurrence.imports.jenkins_jobs import jenkins_jobs
from jobs.recurrence.imports.quartz_jobs import quartz_jobs
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
        "quartz": quartz_jobs,
        "jenkins": jenkins_jobs,
    }
)

__all__ = [
    "SOURCES",
    "Entry",
    "Found",
    "Refused",
    "cronjobs",
    "eventbridge",
    "jenkins_jobs",
    "quartz_jobs",
    "system_crontab",
    "timers",
    "user_crontab",
    "vevents",
]
