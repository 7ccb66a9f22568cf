"""RunAt, of this checkout or of another one: its beat lists and publishes the backlog while its workers drain it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import psycopg

from launcher.home import CHECKOUT
from verification.benchmark.drain import meter
from verification.benchmark.drain.drained import Drained
from verification.benchmark.drain.meter import Observer
from verification.benchmark.drain.system import Surroundings, System, watch
from verification.benchmark.peers import environment, services
from verification.benchmark.peers.driver import Processes
from verification.benchmark.peers.environment import Unavailable
from verification.benchmark.peers.peer import OURS
from verification.benchmark.processes.member import Member
from verification.benchmark.processes.start import at_work

INSTANCES, SLOTS = 2, 100  # workers, and the slots of each, unless others are asked for
MIGRATED_WITHIN = 300.0  # seconds
# The text that any build takes, old or new: what people may insert is a contract.
INSERT = """
INSERT INTO jobs_job (name, target, payload, queue, run_at)
SELECT 'benchmark ' || %(run)s || ' drain', 'demo.noop', '{}', %(queue)s, clock_timestamp() - interval '1 second'
FROM generate_series(1, %(jobs)s)
"""
# An installation of its own: a copy of one that has started jobs would be taken for that one, put back in time.
OWN = "UPDATE jobs_installation SET identity = gen_random_uuid(), incarnation = gen_random_uuid()"
READY = "SELECT (SELECT count(*) FROM jobs_worker), (SELECT count(*) FROM jobs_leadership WHERE holder <> '')"
# Two questions, so that each is answered by a partial index.
ENDED = """
SELECT clock_timestamp(),
       NOT EXISTS (SELECT FROM jobs_job WHERE state = 0) AND NOT EXISTS (SELECT FROM jobs_job WHERE state = 1)
"""
LEFT = "SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1) FROM jobs_job"
TIMES = """
SELECT count(*) FILTER (WHERE state = 2), min(execute_at), min(enqueued_at),
       (SELECT count(*) FROM jobs_attempt), (SELECT count(DISTINCT job_id) FROM jobs_attempt)
FROM jobs_job
"""


@dataclass
class RunAt(System):
    """RunAt by the code of a checkout, on one broker; each drain has a database and a queue of its own."""

    checkout: Path = field(kw_only=True)
    broker_url: str = field(kw_only=True)
    slots: int = field(kw_only=True)
    folder: Path = field(kw_only=True)
    around: Surroundings = field(kw_only=True)

    @classmethod
    def of_this_checkout(cls, folder: Path, broker_url: str, around: Surroundings) -> RunAt:
        """RunAt as the drain sets it unless it is told otherwise."""
        return cls(
            name=OURS,
            title="RunAt",
            settings="",
            checkout=CHECKOUT,
            broker_url=broker_url,
            instances=INSTANCES,
            slots=SLOTS,
            folder=folder,
            around=around,
        )

    @property
    def _python(self) -> str:
        own = self.checkout / ".venv" / "bin" / "python"
        return str(own) if own.exists() else sys.executable

    @property
    def _template(self) -> str:
        """The name of a migrated database that all drains by this checkout are copies of."""
        return f"runat_drain_{self.around.run}_{crc32(bytes(self.checkout)):x}"

    def _environment(self, database: str) -> dict[str, str]:
        return {**os.environ, "DATABASE_URL": services.address(database), "BROKER_URL": self.broker_url}

    def prepare(self) -> None:
        """Migrate a database, of which each drain gets a copy, unless another one by this checkout has done so."""
        self.around.tell(f"{self.name}: migrating", 0, 1)
        self.folder.mkdir(parents=True)
        if services.is_there(self._template):
            return
        services.create_database(self._template)
        log = self.folder / "migrate.log"
        command = [self._python, "manage.py", "migrate", "-v0"]
        given = self._environment(self._template)
        if environment.run(command, log, given, self.around.interrupts, within=MIGRATED_WITHIN, folder=self.checkout):
            services.drop_database(self._template)
            raise Unavailable(f"could not make its tables; see {log}")

    def remove(self) -> None:
        services.drop_database(self._template)

    def drain(self, jobs: int, number: int) -> Drained:
        home = self.folder / str(number)
        home.mkdir()
        database = queue = f"runat_drain_{self.around.run}_{self.name}_{number}"
        services.create_database(database, template=self._template)
        try:
            cluster = Processes(home, list(self._members(home, database, queue)))
            with meter.observing(services.address(database)) as observer:
                with suppress(psycopg.errors.UndefinedTable):  # a build that knows no installations
                    observer.execute(OWN)
                ready = lambda: observer.execute(READY).fetchone() == (self.instances, 1)  # noqa: E731 - said once
                with at_work(cluster, None, self.around.interrupts, self.around.tell, ready):
                    return self._drained(jobs, queue, cluster, observer)
        finally:
            services.drop_database(database)
            with suppress(Exception):  # what the broker has failed with must not be hidden
                services.forget(self.broker_url, queue)

    def _members(self, home: Path, database: str, queue: str) -> Iterator[Member]:
        celery = [self._python, "-m", "celery", "-A", "project"]
        worker = [*celery, "worker", "-P", "threads", "-c", str(self.slots), "-Q", queue, "-n"]
        commands = {f"drain{n}": ("worker", [*worker, f"drain{n}@%h"]) for n in range(1, self.instances + 1)}
        for name, (kind, command) in {"beat": ("beat", [*celery, "beat"]), **commands}.items():
            log = home / f"{name}.log"
            yield Member(name, kind, command, log, environment=self._environment(database), checkout=self.checkout)

    def _drained(self, jobs: int, queue: str, cluster: Processes, observer: Observer) -> Drained:
        looks = 0
        at: Any = None  # when the last look was, by the server's clock

        def ended() -> bool:
            nonlocal at, looks
            looks += 1
            at, all_ended = meter.row(observer, ENDED)
            return bool(all_ended)

        def left() -> str:
            pending, running = meter.row(observer, LEFT)
            return f"of {jobs:,} jobs {pending:,} are pending and {running:,} running"

        with meter.fresh(observer):
            observer.execute(INSERT, {"run": self.around.run, "queue": queue, "jobs": jobs})
            observer.execute("ANALYZE jobs_job")
            before = meter.read(cluster, observer, self.broker_url)
        watch(f"{self.name}: draining", ended, cluster, self.around, jobs, left=left)
        spent = meter.read(cluster, observer, self.broker_url).since(before)
        completed, first, listed, starts, started = meter.row(observer, TIMES)
        flaws = (
            []
            if completed == jobs == starts == started
            else [f"{jobs:,} jobs: {completed:,} completed, {started:,} started {starts:,} times."]
        )
        return Drained(
            jobs,
            (at - first).total_seconds(),
            dict(spent.cpu),
            listed=(at - listed).total_seconds(),
            wal=spent.wal,
            writes=spent.writes,
            statements=None if spent.statements is None else spent.statements - looks,
            messages=spent.messages,
            flaws=flaws,
        )
