"""Systems that are compared, how each is set, and what each leaves undone that RunAt does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
OURS = "runat"  # RunAt itself, among the names


@dataclass(frozen=True)
class Peer:
    """System that is compared. `broker`: the kinds it can use, empty when none; `settings`: what differs from its
    defaults, and the defaults that matter; `lacks`: what it does not do, so that nobody compares unlike things
    unawares.
    """

    name: str
    title: str
    program: str
    settings: str
    lacks: str
    broker: tuple[str, ...] = ()
    uses_database: bool = False
    prepares: bool = False
    beat: bool = False
    alone: bool = False  # all its slots are in one process, which also takes the jobs in
    node: bool = False  # its program is JavaScript; its requirements: releases with the least Node.js, newest first
    # In the drain: how it is set there, "" if it is not drained; its processes and the slots of each; the SQL that says
    # whether all ends are recorded, "" if it records none.
    drain: str = ""
    drain_title: str = ""  # where it is not its own
    drain_processes: int = 2
    drain_slots: int = 10
    ended: str = ""

    @property
    def drains(self) -> bool:
        return bool(self.drain)

    @property
    def requirements(self) -> Path:
        """File with the exact versions of all packages that the peer needs."""
        return HERE / "requirements" / f"{self.name}.{'npm' if self.node else 'txt'}"

    @property
    def module(self) -> str:
        return f"verification.benchmark.peers.programs.{self.program}"

    def workers(self, instances: int, slots: int) -> Iterator[tuple[str, list[str]]]:
        """The name and the role of each worker process."""
        count, each = (1, instances * slots) if self.alone else (instances, slots)
        for n in range(1, count + 1):
            yield f"peer{n}", ["worker", f"peer{n}", str(each)]

    def helpers(self) -> Iterator[tuple[str, list[str]]]:
        """Yield name and arguments of each process beside the workers."""
        if self.beat:
            yield "beat", ["beat"]
        if not self.alone:
            yield "feed", ["feed"]


PEERS = (
    Peer(
        name="celery_eta",
        title="Celery, eta",
        program="celery_eta",
        settings="apply_async(eta=run_at), threads pool, acknowledged on receipt, no result backend",
        lacks=(
            "no row: nothing to look at, edit or cancel in a table, no lock against a second start; waiting jobs "
            "live in the workers' memory: on Redis those of a killed worker come back after the visibility timeout "
            "(1 h), and those due later than that run more than once; a job that was running is lost"
        ),
        broker=("redis", "amqp"),
        drain_title="Celery, no-op",
        drain="delay() of a task that does nothing, threads pool; its bodies are counted, since it records no end",
    ),
    Peer(
        name="celery_poll",
        title="Celery, 1 s poll",
        program="celery_poll",
        settings="a beat task each 1 s publishes the due rows of a table; threads pool, no result backend",
        lacks=(
            "late by half its interval by design; one beat and no successor; what dies between the update and "
            "the publishing loses jobs; no lock when a worker starts one"
        ),
        broker=("redis", "amqp"),
        uses_database=True,
        prepares=True,
        beat=True,
    ),
    Peer(
        name="procrastinate",
        title="procrastinate",
        program="procrastinate_queue",
        settings="defaults (LISTEN/NOTIFY on, fetch_job_polling_interval 5 s), concurrency = slots",
        lacks=(
            "its notification is for jobs due now, those for later wait for the poll; jobs of a vanished worker "
            "stay as they are until a task of yours retries them"
        ),
        uses_database=True,
        prepares=True,
        drain="defaults, concurrency = slots",
        ended="NOT EXISTS (SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))",
    ),
    Peer(
        name="apscheduler",
        title="APScheduler 3",
        program="apscheduler_one",
        settings="SQLAlchemyJobStore on PostgreSQL, one process with all slots as threads, misfire_grace_time 30 s",
        lacks=(
            "one process: no second instance may share its store, so no high availability; a job is removed "
            "from the store when it is handed to a thread: a kill loses it without a trace"
        ),
        uses_database=True,
        alone=True,
    ),
    Peer(
        name="huey",
        title="huey",
        program="huey_redis",
        settings="RedisHuey, thread workers = slots in each consumer, scheduler interval 1 s (default and least)",
        lacks="late by half its interval by design; a popped job is gone with a killed consumer; no row, no lock",
        broker=("redis",),
        drain="thread workers = slots; its bodies are counted, since it records no end",
    ),
    Peer(
        name="pgqueuer",
        title="PgQueuer",
        program="pgqueuer_queue",
        settings="asyncpg pool, durable tables (default), batch_size = slots / 2, dequeue_timeout 30 s (default)",
        lacks="jobs for later wait for a poll; a body must be asynchronous, or it holds up all others of its process",
        uses_database=True,
        prepares=True,
        drain="asyncpg pool, durable tables (default), batch_size 200, one asyncio process",
        drain_processes=1,
        ended="NOT EXISTS (SELECT FROM pgqueuer)",
    ),
    Peer(
        name="graphile_worker",
        title="graphile-worker",
        program="graphile_worker",
        settings="defaults (pollInterval 2 s), concurrentJobs = slots; Node.js",
        lacks=(
            "jobs for later wait for its poll; a row is deleted at its end, and nothing tells of it; jobs of a "
            "vanished worker wait 4 hours"
        ),
        uses_database=True,
        prepares=True,
        node=True,
        drain="localQueue 500, concurrentJobs 24, completeJobBatchDelay 0, one Node.js process",
        drain_processes=1,
        ended="NOT EXISTS (SELECT FROM graphile_worker._private_jobs)",
    ),
    Peer(
        name="pg_boss",
        title="pg-boss",
        program="pg_boss",
        settings="pollingIntervalSeconds 0.5 (its least), workers = slots; Node.js",
        lacks="late by half its poll by design; jobs of a vanished worker wait until they expire (15 min)",
        uses_database=True,
        prepares=True,
        node=True,
        drain="four workers with batchSize 200 that ask again at once by notifyWorker, one Node.js process",
        drain_processes=1,
        ended=(
            "NOT EXISTS (SELECT FROM pgboss.job WHERE name = 'run' AND state < 'active')"
            " AND NOT EXISTS (SELECT FROM pgboss.job WHERE name = 'run' AND state = 'active')"
        ),
    ),
)
BY_NAME = {peer.name: peer for peer in PEERS}
NAMES = (OURS, *BY_NAME)
OURS_SETTINGS = "as it comes: threads pool, a durable row, its lock taken ahead, a ledger row for each start"
