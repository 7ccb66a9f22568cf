"""The one Celery task: it runs the job that its message names."""

from __future__ import annotations

from celery import Task, shared_task

from jobs.dispatcher import RUN_JOB
from jobs.worker import lifecycle, runner


class JobTask(Task):  # type: ignore[type-arg]
    Request = "jobs.worker.request:JobRequest"


@shared_task(base=JobTask, name=RUN_JOB, ignore_result=True, acks_late=False, max_retries=0, typing=False)
def run_job(job_id: int, version: int) -> None:
    """Start job `job_id` at its `run_at`, if it still has this version and nobody else has it."""
    runner.run(job_id, version, lifecycle.identity())
