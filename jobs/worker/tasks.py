"""The one Celery task: it runs the job that its message names."""

from __future__ import annotations

import logging

from celery import Task, shared_task

from jobs.dispatcher import RUN_JOB
from jobs.worker import lifecycle, runner

log = logging.getLogger(__name__)

LARGEST = 2**63 - 1  # a bigint of PostgreSQL


class JobTask(Task):  # type: ignore[type-arg]
    Request = "jobs.worker.request:JobRequest"


@shared_task(base=JobTask, name=RUN_JOB, ignore_result=True, acks_late=False, max_retries=0, typing=False)
def run_job(job_id: int, version: int) -> None:
    """Start job `job_id` at its `run_at`, if it still has this version and nobody else has it."""
    if not all(type(number) is int and 0 < number <= LARGEST for number in (job_id, version)):
        log.error("a message names no job: id %.100r, version %.100r", job_id, version)
        return
    runner.run(job_id, version, lifecycle.identity())
