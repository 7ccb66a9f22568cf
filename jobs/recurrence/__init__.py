"""Recurrence: which moments a schedule's expression means. Arithmetic alone, without the database or a clock."""

from jobs.recurrence.rule import BadExpression, Days, Every, Once, Recurrence, Rule, Sun, WallClock

__all__ = ["BadExpression", "Days", "Every", "Once", "Recurrence", "Rule", "Sun", "WallClock"]
