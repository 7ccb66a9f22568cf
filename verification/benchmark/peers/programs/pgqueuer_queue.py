"""PgQueuer: rows in PostgreSQL, taken in batches and deleted at their end, which a log keeps; durable, as it comes.

For a backlog as its guide on performance says: a batch larger than its 10 for short jobs, a pool of connections, its
settings for autovacuum (https://pgqueuer.readthedocs.io/en/latest/guides/performance-tuning/).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgPoolDriver
from pgqueuer.queries import Queries

from verification.benchmark.peers.programs import protocol

NAME = "run"
BATCH = 200
POOL = 5
AT_A_TIME = 1000


def _with_database(work: Callable[[AsyncpgPoolDriver], Awaitable[object]]) -> None:
    async def run() -> None:
        async with asyncpg.create_pool(os.environ[protocol.DATABASE], min_size=POOL, max_size=POOL) as pool:
            await work(AsyncpgPoolDriver(pool))

    asyncio.run(run())


def prepare() -> None:
    async def install(driver: AsyncpgPoolDriver) -> None:
        await Queries(driver).install()
        await Queries(driver).optimize_autovacuum()

    _with_database(install)


def fill(count: str) -> None:
    async def enqueue(driver: AsyncpgPoolDriver) -> None:
        ids = range(1, int(count) + 1)
        for start in range(0, len(ids), AT_A_TIME):
            some = ids[start : start + AT_A_TIME]
            await Queries(driver).enqueue([NAME] * len(some), [str(n).encode() for n in some], [0] * len(some))

    _with_database(enqueue)


def feed() -> None:
    async def schedule(driver: AsyncpgPoolDriver) -> None:
        loop, queries = asyncio.get_running_loop(), Queries(driver)

        def one(job_id: int, run_at: datetime | None) -> None:
            after = run_at and max(run_at - datetime.now(UTC), timedelta(0))
            enqueued = queries.enqueue(NAME, str(job_id).encode(), execute_after=after)
            asyncio.run_coroutine_threadsafe(enqueued, loop).result()

        await asyncio.to_thread(protocol.feed, one)

    protocol.until_stopped(lambda: _with_database(schedule))


def work(name: str, slots: str) -> None:
    async def run(driver: AsyncpgPoolDriver) -> None:
        queuer = PgQueuer(driver)
        dequeue = queuer.qm.queries.dequeue

        async def counted(*args: Any, **named: Any) -> Any:
            protocol.listed()
            return await dequeue(*args, **named)

        @queuer.entrypoint(NAME)  # type: ignore[untyped-decorator]  # its package is not installed where types are checked
        async def body(job: Any) -> None:
            if protocol.drains():
                protocol.body(int(job.payload))
            else:
                await asyncio.to_thread(protocol.body, int(job.payload))

        protocol.ready()
        if protocol.drains():
            await queuer.run(batch_size=BATCH)
        else:
            queuer.qm.queries.dequeue = counted
            await queuer.run(batch_size=max(int(slots) // 2, 1), max_concurrent_tasks=max(int(slots), 2))

    _with_database(run)


if __name__ == "__main__":
    protocol.main({"prepare": prepare, "worker": work, "feed": feed, "fill": fill})
