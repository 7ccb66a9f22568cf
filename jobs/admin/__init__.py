"""The admin: jobs through the same rules and transitions as everywhere, the rest to read."""

from jobs.admin.batches import BatchAdmin
from jobs.admin.calendars import CalendarAdmin
from jobs.admin.creation_limits import CreationLimitAdmin
from jobs.admin.installation import InstallationAdmin
from jobs.admin.job import JobAdmin
from jobs.admin.limits import LimitAdmin
from jobs.admin.records import AttemptAdmin, AuditAdmin, LeadershipAdmin, WorkerLogAdmin
from jobs.admin.schedules import OccurrenceAdmin, OperationAdmin, ScheduleAdmin
from jobs.admin.triggers import TriggerAdmin
from jobs.admin.workers import WorkerAdmin

__all__ = [
    "AttemptAdmin",
    "AuditAdmin",
    "BatchAdmin",
    "CalendarAdmin",
    "CreationLimitAdmin",
    "InstallationAdmin",
    "JobAdmin",
    "LeadershipAdmin",
    "LimitAdmin",
    "OccurrenceAdmin",
    "OperationAdmin",
    "ScheduleAdmin",
    "TriggerAdmin",
    "WorkerAdmin",
    "WorkerLogAdmin",
]
