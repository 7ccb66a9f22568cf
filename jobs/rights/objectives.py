"""Says whose an objective is: theirs who own its queue or target, or whose its schedule is."""

from __future__ import annotations

from jobs.models import Objective, Schedule
from jobs.rights.reach import Reach


def touches(reach: Reach, kind: str, name: str) -> bool:
    """Return whether this reach lets somebody define the objective of this queue, target or schedule. One statement
    for that of a schedule, none where all is in reach."""
    if reach.is_whole or kind != Objective.Kind.SCHEDULE:
        return reach.has(kind, name)
    row = Schedule.objects.filter(name=name).first()
    return row is not None and reach.touches(row)
