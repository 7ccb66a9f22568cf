"""Targets that take long, and say so. Registered in the workers of these tests only: `celery worker -I`."""

import asyncio
import os
import time
from pathlib import Path

from celery import shared_task

from jobs.targets import Context, target

ENTRIES = "RESTLESS_ENTRIES"  # the environment's name of the file in which each body leaves what it saw


def note(text: str) -> None:
    with Path(os.environ[ENTRIES]).open("a") as entries:
        entries.write(f"{text}\n")


@target("restless.heeds")
def heeds(ctx: Context) -> None:
    """Looks whether it is to stop."""
    note(f"{ctx.job_id} began")
    while True:
        ctx.check()
        time.sleep(0.01)


@heeds.prepare
def ready(ctx: Context) -> None:
    note(f"{ctx.job_id} prepared")


@target("restless.coroutine")
async def coroutine(ctx: Context) -> None:
    note(f"{ctx.job_id} began")
    await asyncio.sleep(600)


@target("restless.deaf")
def deaf(ctx: Context, seconds: float) -> str:
    """Looks at nothing."""
    note(f"{ctx.job_id} began")
    ctx.progress(0.5, "half")
    time.sleep(seconds)
    note(f"{ctx.job_id} ended")
    return "done"


@shared_task(name="restless.legacy")
def legacy(a: int, b: int) -> int:
    return a + b
