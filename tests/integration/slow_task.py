"""A Celery task that is no job."""

import time

from celery import shared_task


@shared_task(name="slow.task")
def slow(seconds: float) -> None:
    time.sleep(seconds)


@shared_task(name="slow.late", acks_late=True)
def late(seconds: float) -> None:
    """Acknowledged when it has ended: until then its worker cannot close its connection to the broker."""
    time.sleep(seconds)
