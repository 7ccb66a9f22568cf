"""The admin: jobs through the same rules and transitions as everywhere, the rest to read."""

from jobs.admin.alert_rules import AlertRuleAdmin
from jobs.admin.batches import BatchAdmin
from jobs.admin.calendars import CalendarAdmin
from jobs.admin.creation_limits import CreationLimitAdmin
from jobs.admin.destinations import DeliveryAdmin, DestinationAdmin
from jobs.admin.form_definitions import FormAdmin
from jobs.admin.installation import InstallationAdmin
from jobs.admin.job import JobAdmin
from jobs.admin.limits import LimitAdmin
from jobs.admin.objectives import ObjectiveAdmin
from jobs.admin.periodic import PeriodicTaskAdmin
from jobs.admin.records import AttemptAdmin, AuditAdmin, LeadershipAdmin, WorkerLogAdmin
from jobs.admin.retention import RetentionRuleAdmin
from jobs.admin.schedules import OccurrenceAdmin, OperationAdmin, ScheduleAdmin
from jobs.admin.subscriptions import SubscriptionAdmin
from jobs.admin.teams import TargetRuleAdmin, TeamAdmin
from jobs.admin.tokens import TokenAdmin
from jobs.admin.triggers import TriggerAdmin
from jobs.admin.workers import WorkerAdmin

__all__ = [
    "AlertRuleAdmin",
    "AttemptAdmin",
    "AuditAdmin",
    "BatchAdmin",
    "CalendarAdmin",
    "CreationLimitAdmin",
    "DeliveryAdmin",
    "DestinationAdmin",
    "FormAdmin",
    "InstallationAdmin",
    "JobAdmin",
    "LeadershipAdmin",
    "LimitAdmin",
    "ObjectiveAdmin",
    "OccurrenceAdmin",
    "OperationAdmin",
    "PeriodicTaskAdmin",
    "RetentionRuleAdmin",
    "ScheduleAdmin",
    "SubscriptionAdmin",
    "TargetRuleAdmin",
    "TeamAdmin",
    "TokenAdmin",
    "TriggerAdmin",
    "WorkerAdmin",
    "WorkerLogAdmin",
]
