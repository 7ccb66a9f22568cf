"""Schedules of Amazon EventBridge in JSON, as `aws scheduler get-schedule` and `aws events list-rules` write them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from jobs.recurrence.imports.entries import Collected, Found

KEY = "ScheduleExpression"
WITHIN_LISTS = ("Schedules", "Rules")
SINCE = "EventBridge counts from when the schedule was made; here from the schedule's first moment."
STATES = ("ENABLED", "DISABLED")


def eventbridge(text: str) -> Found:
    """Return the entries of one schedule or many, and what is refused of them."""
    collected = Collected()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        why = "This is no JSON from here on; write an object, or a list of them, as the aws command does."
        collected.refuse(line, text.split("\n")[line - 1], "", why)
        return collected.found()
    lines = (text.count("\n", 0, match.start()) + 1 for match in re.finditer(rf'"{KEY}"\s*:', text))
    for one in _objects(value):
        if KEY in one:
            _schedule(collected, next(lines, 1), one)
        else:
            name = str(one.get("Name") or one)
            if "EventPattern" in one:
                collected.refuse(1, name, KEY, "This rule waits for events and has no schedule; make it a trigger.")
            else:
                why = "Its times are missing; ask for each schedule with `aws scheduler get-schedule --name ...`."
                collected.refuse(1, name, KEY, why)
    return collected.found()


def _objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, of the answer to a listing, or the one that there is."""
    if isinstance(value, dict):
        value = next((value[key] for key in WITHIN_LISTS if isinstance(value.get(key), list)), [value])
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _schedule(collected: Collected, line: int, one: dict[str, Any]) -> None:
    name = "/".join(str(one[key]) for key in ("GroupName", "Name") if one.get(key) not in (None, "default"))
    expression, state = one[KEY], one.get("State", "ENABLED")
    shown = f"{name}: {expression}"
    if not isinstance(expression, str):
        collected.refuse(line, shown, KEY, "The expression is no text; write it like cron(0 3 * * ? *).")
        return
    # A rule of Amazon's own services has a longer word.
    if not isinstance(state, str) or not state.startswith(STATES):
        collected.refuse(line, shown, "State", f"“{state}” is no state; write ENABLED or DISABLED.")
        return
    try:
        starts_at, ends_at = _moment(one.get("StartDate")), _moment(one.get("EndDate"))
    except (ValueError, OverflowError, OSError):
        why = "StartDate or EndDate is no moment; write it like 2026-12-31T23:59:00+00:00."
        collected.refuse(line, shown, "StartDate", why)
        return
    target = one["Target"] if isinstance(one.get("Target"), dict) else {}
    window = one["FlexibleTimeWindow"] if isinstance(one.get("FlexibleTimeWindow"), dict) else {}
    minutes = window.get("MaximumWindowInMinutes")
    collected.add(
        shown,
        line=line,
        name=name,
        dialect="eventbridge",
        expression=expression.strip(),
        zone=str(one.get("ScheduleExpressionTimezone") or "UTC"),
        command=str(target.get("Arn") or ""),
        stdin=str(target.get("Input") or ""),
        enabled=state.startswith("ENABLED"),
        spread=60 * minutes if isinstance(minutes, int) and minutes > 0 else None,
        starts_at=starts_at,
        ends_at=ends_at,
        notes=(SINCE,) if expression.startswith("rate") and starts_at is None else (),
    )


def _moment(value: Any) -> datetime | None:
    """Return a date of the aws command: text with its offset, or seconds since 1970. Raises ValueError."""
    if not value:
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
