"""Settings of a worker that starts tasks of Django: ours, and TASKS."""

from project.settings import *  # noqa: F403

TASKS = {"default": {"BACKEND": "jobs.tasks_backend.RunAtBackend"}}
