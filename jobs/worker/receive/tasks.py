"""The one Celery task: it starts the job that its message names."""

from __future__ import annotations

from typing import Any

from celery import Task, shared_task

from jobs.publishing.messages import RUN_JOB


class JobTask(Task):  # type: ignore[type-arg]
    """The task whose messages are taken in by us: see jobs/worker/receive/strategy.py."""

    def start_strategy(self, app: Any, consumer: Any, **kwargs: Any) -> Any:
        """Return our strategy; Celery asks once for each connection to the broker."""
        return consumer.controller.jobs.strategy_for(consumer)


@shared_task(base=JobTask, name=RUN_JOB, ignore_result=True, typing=False)
def run_job(job_id: int = 0, version: int = 0, bundle: list[tuple[int, int, int]] | None = None) -> None:
    """Start job `job_id`, or each of a `bundle`, at its `run_at`, if it still has this version and nobody else has
    it."""
    raise RuntimeError("a job is started by its worker's own slots, never by calling this")
