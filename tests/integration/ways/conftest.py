"""A live installation, one for all of these tests: a database of its own, web, beat, worker, and the ways to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from tests.brokers import forget_the_ledger, purge
from tests.integration.conftest import QUICK, Cluster, database_url, name_anew, wait_for
from tests.integration.ways.doors import (
    Awaited,
    CalledFromCoroutines,
    CalledHere,
    Commands,
    Process,
    Synchronous,
)

NAME = f"ways_{os.getpid()}"  # two test processes share the server
MANAGE = [sys.executable, "manage.py", "jobs", "--as"]
RUNAT = [sys.executable, "-m", "jobs.client"]


@dataclass
class Live:
    """The installation. `client`: that by which tests prepare and look, as `ada`, who may all that is done here."""

    url: str
    environment: dict[str, str]
    process: Process
    tokens: dict[str, str]

    def __post_init__(self) -> None:
        self.client = Synchronous(self.url, self.tokens["ada"])

    @contextmanager
    def door(self, way: str, user: str) -> Iterator[Any]:
        """Yield the way to it for this user."""
        door = WAYS[way](self, user)
        with door if isinstance(door, Synchronous) else nullcontext():
            yield door


WAYS: dict[str, Callable[[Live, str], Any]] = {
    "client": lambda live, user: Synchronous(live.url, live.tokens[user]),
    "async-client": lambda live, user: Awaited(live.url, live.tokens[user]),
    "runat": lambda live, user: Commands(RUNAT, {"RUNAT_URL": live.url, "RUNAT_TOKEN": live.tokens[user]}),
    "manage": lambda live, user: Commands([*MANAGE, user], live.environment),
    "python": lambda live, user: CalledHere(live.process, user),
    "async-python": lambda live, user: CalledFromCoroutines(live.process, user),
}


@pytest.fixture(scope="module")
def live(templates: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    broker, folder = str(settings.CELERY_BROKER_URL), tmp_path_factory.mktemp("ways")
    server = database_url().rpartition("/")[0]
    purge(broker)
    forget_the_ledger(broker)
    cluster = Cluster(folder, broker, f"{server}/{NAME}")
    cluster.environment |= {name: str(value) for name, value in QUICK.items()}
    with psycopg.connect(f"{server}/postgres", autocommit=True) as session:
        session.execute(f'CREATE DATABASE "{NAME}" TEMPLATE "{templates[0]}"')
        name_anew(f"{server}/{NAME}")
        try:
            yield from _started(cluster, folder)
        finally:
            cluster.close()
            session.execute(f'DROP DATABASE "{NAME}" WITH (FORCE)')
            purge(broker)


def _started(cluster: Cluster, folder: Path) -> Iterator[Live]:
    cluster.beat()
    cluster.launch("w1")
    with (folder / "program.log").open("w") as log:
        process = Process(cluster.environment, log)
        try:
            live = Live(cluster.web(), cluster.environment, process, process.call("users"))
            wait_for(live.client.workers, f"the worker: {cluster.log('w1')}")
            with live.client:
                yield live
        finally:
            process.close()
