"""The tables: what a job is, and the rows that tell its story."""

from jobs.models.attempt import Attempt
from jobs.models.audit import Audit, Change, Subject, Verb
from jobs.models.batch import Batch
from jobs.models.calendar import Calendar, CalendarRange
from jobs.models.creation_limit import Budget, CreationLimit
from jobs.models.dependency import Dependency
from jobs.models.described import Described, as_stored
from jobs.models.history import Kept
from jobs.models.installation import Installation
from jobs.models.job import Job
from jobs.models.limit import Kind, Limit
from jobs.models.occurrence import Occurrence, OccurrenceChange
from jobs.models.operation import Operation
from jobs.models.schedule import Schedule
from jobs.models.trigger import Trigger
from jobs.models.turn import Turn
from jobs.models.worker import Leadership, Worker
from jobs.models.workerlog import WorkerLog

__all__ = [
    "Attempt",
    "Audit",
    "Batch",
    "Budget",
    "Calendar",
    "CalendarRange",
    "Change",
    "CreationLimit",
    "Dependency",
    "Described",
    "Installation",
    "Job",
    "Kept",
    "Kind",
    "Leadership",
    "Limit",
    "Occurrence",
    "OccurrenceChange",
    "Operation",
    "Schedule",
    "Subject",
    "Trigger",
    "Turn",
    "Verb",
    "Worker",
    "WorkerLog",
    "as_stored",
]
