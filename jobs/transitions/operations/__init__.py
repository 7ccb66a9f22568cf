"""Does something to all jobs of a filter, because a person wants it: an operation, a batch of jobs at a time. The
leader goes on with it; whoever dies meanwhile has done a batch, or nothing of it."""

from jobs.transitions.operations.asked import OFFERED, AskedOfMany
from jobs.transitions.operations.counting import Counted, count, count_undo
from jobs.transitions.operations.making import Begun, Canary, begin, begin_undo, cancel
from jobs.transitions.operations.stepping import go_on

__all__ = [
    "OFFERED",
    "AskedOfMany",
    "Begun",
    "Canary",
    "Counted",
    "begin",
    "begin_undo",
    "cancel",
    "count",
    "count_undo",
    "go_on",
]
