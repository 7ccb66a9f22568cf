"""Intervals: elapsed time in words or as an ISO 8601 duration."""

from __future__ import annotations

import re
from fractions import Fraction

from jobs.recurrence.rule import BadExpression, Every, Rule

UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
}
NO_FIXED_LENGTH = ("month", "months", "quarter", "quarters", "year", "years")
LONGEST_IN_DAYS = 36_600
NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,6})?"
ISO = re.compile(
    rf"P(?:({NUMBER})W)?(?:({NUMBER})D)?(?:T(?=[0-9])(?:({NUMBER})H)?(?:({NUMBER})M)?(?:({NUMBER})S)?)?", re.IGNORECASE
)
ISO_UNITS = (604_800, 86_400, 3600, 60, 1)
REMEDY = "write it like 90 seconds, every 10 minutes, 2 days or PT10M"


def parse(text: str, name: str = "") -> Rule:
    """Return the rule of an interval; raises BadExpression."""
    del name
    written = text.strip().lower()
    seconds = _iso(written) if written.startswith("p") else _in_words(written)
    if seconds < 1:
        raise BadExpression("An interval has at least 1 second; write 1 second or more.")
    if seconds > LONGEST_IN_DAYS * 86_400:
        raise BadExpression(f"An interval has at most {LONGEST_IN_DAYS} days; write a shorter one.")
    return Every(float(seconds))


def _iso(written: str) -> Fraction:
    match = ISO.fullmatch(written)
    if match is None or not any(match.groups()):
        if re.search(r"[0-9][ym]", written.partition("t")[0]):
            raise BadExpression(
                "Months and years have no fixed length; write days, or a rule of cron for the calendar."
            )
        raise BadExpression(f"“{written}” is not a duration; {REMEDY}.")
    return sum(
        (Fraction(part) * unit for part, unit in zip(match.groups(), ISO_UNITS, strict=True) if part), Fraction()
    )


def _in_words(written: str) -> Fraction:
    written = re.sub(r"^every\s+", "", written)
    written = re.sub(r"^(?=[a-z])", "1 ", written)
    if not re.fullmatch(rf"(?:{NUMBER}\s*[a-z]+(?:\s*,\s*|\s+and\s+|\s*)(?=[0-9]|$))+", written):
        if re.fullmatch(NUMBER, written):
            raise BadExpression(f"“{written}” has no unit; write {written} seconds, or {written} minutes.")
        raise BadExpression(f"“{written}” is not an interval; {REMEDY}.")
    found = Fraction()
    for number, unit in re.findall(rf"({NUMBER})\s*([a-z]+)", written):
        if unit in NO_FIXED_LENGTH:
            raise BadExpression(
                "Months and years have no fixed length; write days, or a rule of cron for the calendar."
            )
        if unit not in UNITS:
            raise BadExpression(f"“{unit}” is not a unit of time; write seconds, minutes, hours, days or weeks.")
        found += Fraction(number) * UNITS[unit]
    return found
