"""Recurrence: which moments a schedule's expression means. Arithmetic alone, without the database or a clock."""

from jobs.recurrence.changes import ClockChange, clock_changes
from jobs.recurrence.dialect import Dialect
from jobs.recurrence.parsing import DIALECTS, parse
from jobs.recurrence.rule import BadExpression, Days, Every, Once, Recurrence, Rule, Sun, WallClock
from jobs.recurrence.times import after, counted
from jobs.recurrence.words import words

__all__ = [
    "DIALECTS",
    "BadExpression",
    "ClockChange",
    "Days",
    "Dialect",
    "Every",
    "Once",
    "Recurrence",
    "Rule",
    "Sun",
    "WallClock",
    "after",
    "clock_changes",
    "counted",
    "parse",
    "words",
]
