"""What a job is, and the rows that tell its story."""

from jobs.models.attempt import Attempt
from jobs.models.audit import Audit, Verb
from jobs.models.batch import Batch
from jobs.models.budget import Budget, CreationLimit
from jobs.models.calendar import Calendar, CalendarRange
from jobs.models.dependency import Dependency
from jobs.models.installation import Installation
from jobs.models.job import Job
from jobs.models.lane import Kind, Lane
from jobs.models.limitaudit import LimitAudit, LimitVerb
from jobs.models.processes import Leadership, Worker
from jobs.models.trigger import Trigger
from jobs.models.turn import Turn
from jobs.models.workerlog import WorkerLog

__all__ = [
    "Attempt",
    "Audit",
    "Batch",
    "Budget",
    "Calendar",
    "CalendarRange",
    "CreationLimit",
    "Dependency",
    "Installation",
    "Job",
    "Kind",
    "Lane",
    "Leadership",
    "LimitAudit",
    "LimitVerb",
    "Trigger",
    "Turn",
    "Verb",
    "Worker",
    "WorkerLog",
]
