"""The servers of a drill: brought up before Django reads the environment, and stopped and started by the faults."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.home import temporary_home
from launcher.servers.binaries import find_postgres, find_valkey
from launcher.servers.postgres import Postgres
from launcher.servers.valkey import Valkey
from verification.drill import ledger
from verification.drill.load.receiver import receiving
from verification.drill.services.broker import Broker
from verification.drill.services.database import Database

RABBITMQ = "amqp://guest:guest@127.0.0.1:5672//"
# Shorter than in real use, in the same proportions, so that many faults fit into six minutes. What the environment
# sets wins; the verdict states what was in force.
SETTINGS = {
    "JOBS_MIN_PREPARE_TIME": "5",
    "JOBS_MAX_DELAY_TIME": "15",
    "JOBS_LOOK_AHEAD": "2",
    "JOBS_HEARTBEAT_INTERVAL": "1",
    "JOBS_HEARTBEAT_PATIENCE": "4",
}


@dataclass
class Services:
    """Services of this drill. `database` is None when it is somebody's; `folder` has the evidence and the logs."""

    broker: Broker
    database: Database | None
    queue: str
    dense_queue: str  # of the dense windows, without a limit
    receiver: str  # host and port of whom the HTTP jobs call
    folder: Path
    foreign: list[str]  # services whose data a fault could hurt and that we did not start

    @property
    def queues(self) -> tuple[str, str]:
        """Return the queues that our workers take from."""
        return self.queue, self.dense_queue

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    @property
    def clocks(self) -> Path:
        return self.folder / "clocks"

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables of beats and workers that this process's own lacks."""
        through = {"DATABASE_URL": self.database.url} if self.database else {}
        return {"JOBS_FAILPOINTS": str(self.failpoints), **through}

    @property
    def failpoints(self) -> Path:
        return self.folder / "failpoints"


_current: list[Services] = []


def current() -> Services | None:
    """Return the services of this process; None if it was not started as a drill."""
    return _current[0] if _current else None


@contextmanager
def brought_up(arguments: Sequence[str]) -> Iterator[Services]:
    """Start what the command line and the environment do not name, and put the addresses into the environment."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--broker")
    asked = parser.parse_known_args(arguments)[0].broker or os.environ.get("BROKER_URL") or "valkey"
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    queue = f"drill-{uuid.uuid4().hex[:8]}"
    dense_queue = f"{queue}-dense"
    foreign = [] if asked in ("valkey", "rabbitmq") else ["the broker"]
    foreign += ["the database"] if os.environ.get("DATABASE_URL") else []
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home())
        database = None
        if not os.environ.get("DATABASE_URL"):
            database = Database(Postgres(home, find_postgres(home), durable=True))
            stack.callback(database.down)
        if asked == "valkey":
            broker = Broker("", Valkey(home, find_valkey(home), durable=True))
        else:
            broker = Broker(os.environ.get("TEST_RABBITMQ_URL", RABBITMQ) if asked == "rabbitmq" else asked)
        stack.callback(broker.close, (queue, dense_queue))
        folder = Path(tempfile.mkdtemp(prefix="runat-drill-"))
        receiver = stack.enter_context(receiving())
        services = Services(broker, database, queue, dense_queue, receiver, folder, foreign)
        services.failpoints.mkdir()
        services.clocks.mkdir()
        os.environ |= {
            "DATABASE_URL": database.far if database else os.environ["DATABASE_URL"],
            "BROKER_URL": broker.url,
            "SECRET_KEY": os.environ.get("SECRET_KEY") or home.secret("secret_key"),
            ledger.VARIABLE: str(services.ledger),
            "JOBS_HTTP_ALLOW": ",".join(filter(None, [os.environ.get("JOBS_HTTP_ALLOW"), receiver])),
        }
        _current[:] = [services]
        try:
            yield services
        finally:
            _current.clear()
            if not any(folder.glob("*.log")):  # nothing was carried out: nothing to keep
                shutil.rmtree(folder, ignore_errors=True)
