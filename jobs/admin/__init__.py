"""The admin: jobs through the same rules and transitions as everywhere, the rest to read."""

from jobs.admin.job import JobAdmin
from jobs.admin.records import AttemptAdmin, AuditAdmin, LeadershipAdmin, WorkerAdmin, WorkerLogAdmin

__all__ = ["AttemptAdmin", "AuditAdmin", "JobAdmin", "LeadershipAdmin", "WorkerAdmin", "WorkerLogAdmin"]
