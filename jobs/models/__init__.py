"""What a job is, and the rows that tell its story."""

from jobs.models.attempt import Attempt
from jobs.models.audit import Audit, Verb
from jobs.models.job import Job
from jobs.models.processes import Leadership, Worker
from jobs.models.workerlog import WorkerLog

__all__ = ["Attempt", "Audit", "Job", "Leadership", "Verb", "Worker", "WorkerLog"]
