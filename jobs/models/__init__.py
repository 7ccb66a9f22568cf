"""The tables: what a job is, and the rows that tell its story."""

from jobs.models.alert import Alert, AlertEvent, Level, Silence
from jobs.models.alert_rule import AlertRule
from jobs.models.attempt import Attempt
from jobs.models.audit import Audit
from jobs.models.audit_words import Change, Subject, Verb
from jobs.models.batch import Batch
from jobs.models.calendar import Calendar, CalendarRange
from jobs.models.creation_limit import Budget, CreationLimit
from jobs.models.dependency import Dependency
from jobs.models.described import Described, as_stored
from jobs.models.destination import Delivery, Destination
from jobs.models.form import Form, FormLink
from jobs.models.history import Kept
from jobs.models.installation import Installation
from jobs.models.job import Job
from jobs.models.limit import Kind, Limit
from jobs.models.objective import Objective
from jobs.models.occurrence import Occurrence, OccurrenceChange
from jobs.models.operation import Operation
from jobs.models.outage import Outage
from jobs.models.preference import Preference, Theme, Times
from jobs.models.proposal import Proposal
from jobs.models.retention_rule import RetentionRule
from jobs.models.saved_view import SavedView
from jobs.models.schedule import Schedule
from jobs.models.stop import Stop
from jobs.models.subscription import Subscription
from jobs.models.team import Ownership, TargetRule, Team
from jobs.models.token import Token
from jobs.models.trigger import Trigger
from jobs.models.turn import Turn
from jobs.models.upload import Upload
from jobs.models.worker import Leadership, Worker
from jobs.models.workerlog import WorkerLog

__all__ = [
    "Alert",
    "AlertEvent",
    "AlertRule",
    "Attempt",
    "Audit",
    "Batch",
    "Budget",
    "Calendar",
    "CalendarRange",
    "Change",
    "CreationLimit",
    "Delivery",
    "Dependency",
    "Described",
    "Destination",
    "Form",
    "FormLink",
    "Installation",
    "Job",
    "Kept",
    "Kind",
    "Leadership",
    "Level",
    "Limit",
    "Objective",
    "Occurrence",
    "OccurrenceChange",
    "Operation",
    "Outage",
    "Ownership",
    "Preference",
    "Proposal",
    "RetentionRule",
    "SavedView",
    "Schedule",
    "Silence",
    "Stop",
    "Subject",
    "Subscription",
    "TargetRule",
    "Team",
    "Theme",
    "Times",
    "Token",
    "Trigger",
    "Turn",
    "Upload",
    "Verb",
    "Worker",
    "WorkerLog",
    "as_stored",
]
