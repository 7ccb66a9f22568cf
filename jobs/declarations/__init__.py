"""Schedules as code: declared in a file or beside their targets, compared with what there is, and made so in one
transaction."""

from jobs.declarations.applying import apply
from jobs.declarations.declaration import Declaration, Refused
from jobs.declarations.gathering import Declared, gather
from jobs.declarations.planning import Plan, plan

__all__ = ["Declaration", "Declared", "Plan", "Refused", "apply", "gather", "plan"]
