"""Moment of a schedule that starts once, in ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from jobs.recurrence.rule import BadExpression, Once, Rule
from jobs.recurrence.stretches import LATEST

REMEDY = "write it like 2026-12-31T23:59 in the schedule's zone, or 2026-12-31T23:59:00+01:00"


def parse(text: str, name: str = "") -> Rule:
    """Return the rule of one moment; raises BadExpression."""
    del name
    written = text.strip()
    if not re.search(r"[T ][0-9]{2}", written, re.IGNORECASE):
        raise BadExpression(f"“{written}” has no time of day; {REMEDY}.")
    try:
        moment = datetime.fromisoformat(written)
        latest = LATEST if moment.tzinfo is None else LATEST.replace(tzinfo=UTC)
        if moment >= latest:
            raise BadExpression(f"This moment is beyond {LATEST:%Y-%m-%d}; write an earlier one.")
    except BadExpression:
        raise
    except (ValueError, OverflowError):
        raise BadExpression(f"“{written}” is not a moment; {REMEDY}.") from None
    return Once(moment)
