"""Cron's five fields as Debian's cron reads them, and six with the second first."""

from __future__ import annotations

from jobs.recurrence.dialects import cron_fields as fields
from jobs.recurrence.rule import BadExpression, Days, Rule, WallClock

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
FIVE = "minute, hour, day of month, month and day of week"


def parse(text: str, name: str = "") -> Rule:
    """Return the rule of five fields, or of a nickname such as @daily; raises BadExpression."""
    del name
    parts = _parts(text)
    if len(parts) == 6:
        raise BadExpression(
            f"This has six fields, and cron has five: {FIVE}; leave the second out, or choose the dialect with seconds."
        )
    if len(parts) != 5:
        raise BadExpression(f"This has {_count(parts)}, and cron has five: {FIVE}; write a line like 30 2 * * mon-fri.")
    return _rule("0", parts)


def parse_with_seconds(text: str, name: str = "") -> Rule:
    """Return the rule of six fields, the second first, or of a nickname such as @daily; raises BadExpression."""
    del name
    parts = _parts(text)
    if text.strip().startswith("@"):
        parts = ["0", *parts]
    if len(parts) != 6:
        raise BadExpression(
            f"This has {_count(parts)}, and six are wanted: second, {FIVE}; write a line like 0 30 2 * * mon-fri."
        )
    return _rule(parts[0], parts[1:])


def _parts(text: str) -> list[str]:
    text = text.strip()
    if not text.startswith("@"):
        return text.split()
    if text.lower() == "@reboot":
        raise BadExpression("@reboot is no time: nothing here starts with a machine; write a time, or use a trigger.")
    try:
        return NICKNAMES[text.lower()].split()
    except KeyError:
        known = ", ".join(NICKNAMES)
        raise BadExpression(f"“{text}” is not known; write one of {known}, or five fields.") from None


def _rule(second: str, parts: list[str]) -> WallClock:
    minute, hour, day_of_month, month, day_of_week = parts
    of_week = fields.DAY_OF_WEEK.parse(day_of_week)
    return WallClock(
        seconds=fields.SECOND.parse(second),
        minutes=fields.MINUTE.parse(minute),
        hours=fields.HOUR.parse(hour),
        days=Days(
            of_month=fields.DAY_OF_MONTH.parse(day_of_month),
            of_week=frozenset((day - 1) % 7 for day in of_week),
            # Debian's cron: a day has to match both where one begins with a star, `*/2` too; else one of them will do.
            both=day_of_month.startswith("*") or day_of_week.startswith("*"),
        ),
        months=fields.MONTH.parse(month),
        each_pass=fields.is_each_pass(hour),
    )


def _count(parts: list[str]) -> str:
    return {0: "no fields", 1: "one field"}.get(len(parts), f"{len(parts)} fields")
