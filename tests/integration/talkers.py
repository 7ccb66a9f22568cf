"""Targets that say something in every way. Registered in the workers of these tests only: `celery worker -I`."""

# ruff: noqa: T201 - they print
from __future__ import annotations

import asyncio
import logging
import time
import warnings

from jobs.targets import target

log = logging.getLogger("talkers")


@target("talkers.function")
def function(n: int) -> None:
    print(f"printed {n}")  # one piece: Celery logs each piece as a line
    time.sleep(0.05)
    log.warning("logged %d", n)
    warnings.warn(f"warned {n}", stacklevel=1)


@target("talkers.coroutine")
async def coroutine(n: int) -> None:
    await asyncio.sleep(0.01)
    await asyncio.to_thread(function, n)
