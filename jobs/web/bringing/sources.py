"""Sources that schedules are brought from, and how much of one is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from jobs.recurrence import imports
from jobs.recurrence.imports import Found
from jobs.web.bringing.celery_entries import beat_schedule

LARGEST = 1_000_000  # bytes of a file
MOST_ENTRIES = 10_000  # of a file


class TooMuch(ValueError):
    """More than is read of one file; the message says how much is."""


@dataclass(frozen=True)
class Source:
    """Scheduler whose files are read. `is_live`: it starts what its file says until that is removed there."""

    key: str
    label: str
    read: Callable[[str], Found]
    is_live: bool = True

    def found(self, text: str, *, most: int = MOST_ENTRIES) -> Found:
        """Return what a file holds. Raises TooMuch."""
        if (size := len(text.encode("utf-8", "replace"))) > LARGEST:
            raise TooMuch(f"This file has {size} bytes; {LARGEST} are read at most. Split it, and bring its parts.")
        entries, refused = self.read(text)
        if (count := len(entries) + len(refused)) > most:
            raise TooMuch(f"This file has {count} entries; {most} are brought at once. Split it, and bring its parts.")
        return entries, refused


_LABELS = {
    "crontab": "Crontab of a user (crontab -l)",
    "crontab-system": "Crontab of the system (/etc/crontab, /etc/cron.d)",
    "kubernetes": "Kubernetes CronJobs (YAML)",
    "icalendar": "iCalendar file",
    "systemd": "systemd timers",
    "eventbridge": "Amazon EventBridge (JSON)",
    "quartz": "Quartz jobs and triggers (XML)",
    "jenkins": "Jenkins job (config.xml or Jenkinsfile)",
}
#: By their keys. A calendar's file starts nothing; all others are run where they come from.
SOURCES: Mapping[str, Source] = MappingProxyType(
    {key: Source(key, _LABELS[key], read, is_live=key != "icalendar") for key, read in imports.SOURCES.items()}
)
#: Celery's own setting, which beat runs as long as it stands there; no file has it.
BEAT = Source("celery-beat", "Celery's beat_schedule", lambda _: beat_schedule())
