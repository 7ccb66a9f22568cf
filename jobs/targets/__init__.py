"""Targets, what a job does: the registry of callables, and the ones built in."""

from jobs.targets import demo
from jobs.targets.calls import Call
from jobs.targets.command import command
from jobs.targets.context import Cancelled, Context, DeadlinePassed, OutcomeUnknown, TargetFailed
from jobs.targets.entries import InvalidArguments, Target
from jobs.targets.execution import Execution
from jobs.targets.http import http
from jobs.targets.lookup import find, names
from jobs.targets.registry import UnknownTarget, is_dangerous, target
from jobs.targets.schedules import schedule

__all__ = [
    "Call",
    "Cancelled",
    "Context",
    "DeadlinePassed",
    "Execution",
    "InvalidArguments",
    "OutcomeUnknown",
    "Target",
    "TargetFailed",
    "UnknownTarget",
    "command",
    "demo",
    "find",
    "http",
    "is_dangerous",
    "names",
    "schedule",
    "target",
]
