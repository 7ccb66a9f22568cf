"""Targets, what a job does: the registry of callables, and the ones built in."""

from jobs.targets import demo
from jobs.targets.calls import Call
from jobs.targets.command import command
from jobs.targets.context import Cancelled, Context, DeadlinePassed, OutcomeUnknown, TargetFailed
from jobs.targets.entries import ALWAYS, APPROVALS, InvalidArguments, Target
from jobs.targets.execution import Execution
from jobs.targets.http import http
from jobs.targets.lookup import find, known, names
from jobs.targets.registry import UnknownTarget, is_dangerous, target
from jobs.targets.schedules import schedule
from jobs.targets.secrecy.marks import Secret
from jobs.targets.secrecy.showing import audited, goes_elsewhere, kept, shown

__all__ = [
    "ALWAYS",
    "APPROVALS",
    "Call",
    "Cancelled",
    "Context",
    "DeadlinePassed",
    "Execution",
    "InvalidArguments",
    "OutcomeUnknown",
    "Secret",
    "Target",
    "TargetFailed",
    "UnknownTarget",
    "audited",
    "command",
    "demo",
    "find",
    "goes_elsewhere",
    "http",
    "is_dangerous",
    "kept",
    "known",
    "names",
    "schedule",
    "shown",
    "target",
]
