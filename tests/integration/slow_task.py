"""A Celery task that is no job."""

import time

from celery import shared_task


@shared_task(name="slow.task")
def slow(seconds: float) -> None:
    time.sleep(seconds)
