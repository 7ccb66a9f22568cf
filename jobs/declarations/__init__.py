"""Schedules as code: declared in a file, compared with what there is, and made so in one transaction."""

from jobs.declarations.applying import apply
from jobs.declarations.planning import Plan, plan
from jobs.declarations.reading import Declaration, Refused, read

__all__ = ["Declaration", "Plan", "Refused", "apply", "plan", "read"]
