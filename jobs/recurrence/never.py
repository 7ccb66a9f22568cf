"""Rules that never start, told before anybody waits for them."""

from __future__ import annotations

from calendar import month_name

from jobs.recurrence.rule import WallClock
from jobs.recurrence.walls import days_of

MOST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# All pairs of a year's first weekday and whether it is a leap year come in these.
ALL_KINDS_OF_YEARS = range(2000, 2028)


def why_never(rule: WallClock) -> str:
    """Return why a rule never starts, with what would be right; empty where it does start."""
    years = ALL_KINDS_OF_YEARS if rule.years is None else sorted(rule.years)
    if any(days_of(rule.days, year, month) for year in years for month in sorted(rule.months)):
        return ""
    longest = max(MOST_DAYS[month - 1] for month in rule.months)
    wanted = rule.days.of_month | rule.days.nearest_weekday
    if wanted and min(wanted) > longest:
        months = _listed([month_name[month] for month in sorted(rule.months)])
        have = "has" if len(rule.months) == 1 else "have"
        return (
            f"This never starts: {months} {have} no day {min(wanted)}; write a day up to {longest}, or months that "
            "have it."
        )
    if wanted == {29} and rule.months == {2}:
        return "This never starts: no 29 February of these years is such a day; write other years or days."
    return "This never starts: no day is in both its day of month and its day of week; write * for one of them."


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
