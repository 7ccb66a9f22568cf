"""Recurrence: which moments a schedule's expression means. Arithmetic alone, without the database or a clock."""

from jobs.recurrence.dialect import Dialect
from jobs.recurrence.parsing import DIALECTS, parse
from jobs.recurrence.rule import BadExpression, Days, Every, Once, Recurrence, Rule, Sun, WallClock
from jobs.recurrence.times import after, counted

__all__ = [
    "DIALECTS",
    "BadExpression",
    "Days",
    "Dialect",
    "Every",
    "Once",
    "Recurrence",
    "Rule",
    "Sun",
    "WallClock",
    "after",
    "counted",
    "parse",
]
