"""Backend of Django's tasks: `TASKS = {"default": {"BACKEND": "jobs.tasks_backend.RunAtBackend"}}`."""

from jobs.tasks_backend.backend import RunAtBackend
from jobs.tasks_backend.results import TaskInterrupted, TaskNotStarted, TaskStopped

__all__ = ["RunAtBackend", "TaskInterrupted", "TaskNotStarted", "TaskStopped"]
