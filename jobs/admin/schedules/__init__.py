"""Schedules in the admin: the list, one schedule's page, what was missed, operations, the calendar, and the changes of
clocks."""

from jobs.admin.schedules.missed import OccurrenceAdmin
from jobs.admin.schedules.operations import OperationAdmin
from jobs.admin.schedules.schedule import ScheduleAdmin

__all__ = ["OccurrenceAdmin", "OperationAdmin", "ScheduleAdmin"]
