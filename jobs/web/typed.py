"""A job that exists as its form has it: the texts that somebody would type for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from jobs import exactjson, targets
from jobs.models import Job
from jobs.transitions import editing
from jobs.web import parsing
from jobs.web.fields import labels_text


def typed(job: Job, zone: ZoneInfo | None = None) -> dict[str, Any]:
    """Return the texts, by field: numbers as they were written. Without a `zone` no time: another job has its own."""
    asked = editing.as_asked(job)
    texts: dict[str, Any] = {name: "" if value is None else value for name, value in asked.items()}
    texts |= {
        "target": job.target,
        "payload": _payload(targets.shown(job.target, job.payload)),
        "labels": labels_text(job.labels),
        "retry_on": ", ".join(map(str, job.retry_on)),
    }
    if zone is None:
        del texts["run_at"]
        return texts
    return {**texts, "run_at": _moment(asked["run_at"], zone), "time_zone": zone.key}


def _payload(payload: object) -> str:
    try:
        return exactjson.dumps(payload, indent=2)
    except (ValueError, RecursionError):
        return "This payload is nested too deeply to be shown."  # no JSON: it is not taken for the payload


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    """Return the time by the clocks of the zone; in UTC where they show it twice."""
    local = moment.astimezone(zone).replace(tzinfo=None)
    try:
        if parsing.in_zone(local, zone) == moment:
            return local.isoformat(sep=" ")
    except parsing.Unreadable:
        pass
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')} UTC"
