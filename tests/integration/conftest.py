"""Real processes on the test database: `celery beat`, `celery worker`, killed and stopped as a test says."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import psycopg
import pytest
from celery import current_app
from celery.app.control import Control
from django.conf import settings
from django.db import connection
from kombu import Producer

from jobs.clock import clock
from jobs.models import Installation, Job, Worker
from jobs.states import FINAL
from launcher.process import send, spawn
from tests.brokers import forget_the_ledger, purge
from tests.conftest import IDENTITY
from tests.integration.bodies import Bodies

EXACTLY_ONCE = "each exactly once"  # whoever fails of this is not run again (tests/conftest.py)
PATIENCE = 180.0  # seconds a test waits for what must happen: generous, since machines are shared


def database_url() -> str:
    c = connection.settings_dict
    return f"postgresql://{c['USER']}:{c['PASSWORD']}@{c['HOST']}:{c['PORT']}/{c['NAME']}"


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Return the first true answer. Fails the test when there is none within PATIENCE seconds."""
    until = time.monotonic() + PATIENCE
    while not (answer := condition()):
        assert time.monotonic() < until, f"waited {PATIENCE:g} s for {what}"
        time.sleep(0.05)
    return answer


def name_anew(url: str) -> None:
    """Make a copy of a template an installation of its own: the broker remembers of each how far it has come."""
    with psycopg.connect(url) as database:
        database.execute("UPDATE jobs_installation SET identity = gen_random_uuid(), incarnation = gen_random_uuid()")


@pytest.fixture(scope="session")
def templates(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[str]]:
    """Names of two databases with all tables, made apart as an installation makes them: a copy of one takes a moment, and
    copies of the two have different tables."""
    with django_db_blocker.unblock():
        names = [f"{connection.settings_dict['NAME']}_template_{number}" for number in range(2)]
        server = database_url().rpartition("/")[0]
        connection.close()
    command = [sys.executable, "manage.py", "migrate", "-v", "0"]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as session:
        for name in names:
            session.execute(f'DROP DATABASE IF EXISTS "{name}"')
            session.execute(f'CREATE DATABASE "{name}"')
        urls = [f"{server}/{name}" for name in names]
        made = [
            subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_URL": url}) for url in urls
        ]
        assert [process.wait() for process in made] == [0, 0]
        yield names
        for name in names:
            session.execute(f'DROP DATABASE "{name}"')


class Cluster:
    """The processes of one test."""

    def __init__(self, folder: Path, broker_url: str, url: str | None = None) -> None:
        self.folder = folder
        self.environment = {**os.environ, "DATABASE_URL": url or database_url(), "BROKER_URL": broker_url}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def beat(self, name: str = "beat", **environment: str) -> subprocess.Popen[bytes]:
        # A test that stops it and is killed itself leaves none behind: who is stopped does not hear a SIGTERM.
        return self._start(name, ["beat", "-l", "info"], death_signal=signal.SIGKILL, **environment)

    def watcher(self, name: str, **environment: str) -> subprocess.Popen[bytes]:
        return self._spawn(name, ["django", "watch"], DJANGO_SETTINGS_MODULE="project.settings", **environment)

    def worker(self, name: str = "w1", **more: Any) -> Any:
        """Start a worker and wait until it is ready."""
        process = self.launch(name, **more)
        self.ready(name)
        return process

    def launch(
        self,
        name: str,
        *,
        slots: int = 5,
        pool: str = "threads",
        queues: str = "default",
        targets: str = "",
        **environment: str,
    ) -> Any:
        """Start a worker. `targets`: a module that it imports first."""
        command = ["worker", "-P", pool, "-c", str(slots), "-n", f"{name}@%h", "-l", "info", "-Q", queues]
        return self._start(name, command + (["-I", targets] if targets else []), **environment)

    def web(self, name: str = "web", threads: int = 4) -> str:
        """Start the web and wait until it is ready. Returns its address."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            where = f"127.0.0.1:{probe.getsockname()[1]}"
        command = ["gunicorn", "project.wsgi", "--worker-class", "gthread", "--threads", str(threads), "--bind", where]
        self._spawn(name, [*command, "--no-control-socket"])

        def is_ready() -> bool:
            assert self.processes[name].poll() is None, self.log(name)
            with suppress(OSError), urlopen(f"http://{where}/readyz") as answer:
                return bool(answer.status == 200)
            return False

        wait_for(is_ready, f"{name} to be ready")
        return f"http://{where}"

    def workers(self, *names: str, **more: Any) -> None:
        """Start workers side by side, and wait until they are ready."""
        for name in names:
            self.launch(name, **more)
        self.ready(*names)

    def add_consumer(self, name: str, queue: str = "default") -> None:
        """Have a worker that is ready take from this queue, too, from now on."""
        worker = Worker.objects.present().get(name__startswith=f"{name}@").name
        control = Control(current_app)
        control.mailbox.producer_pool = None  # which publishes at the broker of this process
        with current_app.connection(self.environment["BROKER_URL"]) as broker:
            asked = {"destination": [worker], "reply": True, "limit": 1, "timeout": PATIENCE, "connection": broker}
            assert control.add_consumer(queue, **asked)

    def ready(self, *names: str) -> None:
        """Wait until these workers are in the table of workers."""
        for name in names:
            wait_for(partial(self._is_ready, name), f"{name} to be ready")

    def _is_ready(self, name: str) -> bool:
        process = self.processes[name]
        assert process.poll() is None, self.log(name)
        return Worker.objects.present().filter(pid=process.pid).exists()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def stop(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        process = self.processes.pop(name)
        send(process, number)
        process.wait(60)

    def close(self) -> None:
        """Kill what is left: a stop takes seconds."""
        for process in self.processes.values():
            send(process, signal.SIGKILL)
        for process in self.processes.values():
            process.wait()
        self.processes.clear()

    def _start(self, name: str, command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        return self._spawn(name, ["celery", "-A", "project", *command], **more)

    def _spawn(
        self, name: str, command: list[str], *, death_signal: signal.Signals = signal.SIGTERM, **environment: str
    ) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = spawn(
                [sys.executable, "-m", *command],
                log=log,
                cwd=settings.BASE_DIR,
                environment=self.environment | environment,
                death_signal=death_signal,
            )
        self.processes[name] = process
        return process


# Short windows and little patience, so that the tests are short; the benchmark runs with the defaults.
QUICK = {
    "JOBS_MIN_PREPARE_TIME": 3.0,
    "JOBS_MAX_DELAY_TIME": 30.0,
    "JOBS_LOOK_AHEAD": 1.0,
    "JOBS_HEARTBEAT_INTERVAL": 1.0,
    "JOBS_HEARTBEAT_PATIENCE": 4.0,
}


@pytest.fixture
def broker_url() -> str:
    return str(settings.CELERY_BROKER_URL)


@pytest.fixture
def rabbitmq_url(rabbitmq: str) -> Iterator[str]:
    """The same, with nothing in the queue that all these tests use: one at a time, since RabbitMQ has no database
    numbers by which two test processes could keep apart."""
    with (Path(tempfile.gettempdir()) / "runat-tests-rabbitmq.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        purge(rabbitmq)
        yield rabbitmq
        forget_the_ledger(rabbitmq)


@pytest.fixture
def cluster(
    transactional_db: None, tmp_path: Path, broker_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cluster]:
    for name, value in QUICK.items():
        setattr(settings, name, value)
        monkeypatch.setenv(name, str(value))
    purge(broker_url)  # which may be another than that of all tests
    forget_the_ledger(broker_url)
    # What this process publishes at commit, too, goes through the broker of the test.
    monkeypatch.setattr(current_app, "producer_or_acquire", lambda given=None: producer_of(broker_url, given))
    clock.measure()
    Installation.objects.update_or_create(
        id=1, defaults={"identity": IDENTITY.identity, "incarnation": IDENTITY.incarnation}
    )
    cluster = Cluster(tmp_path, broker_url)
    yield cluster
    cluster.close()
    wait_for(others_have_left, "the last statements of what was killed to end")
    purge(broker_url)


def others_have_left() -> bool:
    """Whether no session of another process is in the test's database."""
    ours = [one.laddr.port for one in psutil.Process().net_connections("tcp") if one.laddr]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND client_port > 0"
            " AND client_port <> ALL(%s)",
            [ours],
        )
        return not cursor.fetchall()


@pytest.fixture
def bodies(cluster: Cluster, tmp_path: Path) -> Bodies:
    return Bodies(cluster, tmp_path / "entries")


@contextmanager
def producer_of(broker_url: str, given: Producer | None) -> Iterator[Producer]:
    if given is not None:
        yield given
        return
    with current_app.connection(broker_url, transport_options={"max_retries": 0}) as broker:
        yield current_app.amqp.Producer(broker)


def messages(broker_url: str, queue: str = "default") -> int:
    """How many wait in the queue, those that a worker holds not counted."""
    with current_app.connection(broker_url) as broker:
        return int(current_app.amqp.queues[queue](broker.default_channel).queue_declare().message_count)


def all_final(*ids: int) -> bool:
    jobs = Job.objects.filter(pk__in=ids) if ids else Job.objects.all()
    return not jobs.exclude(state__in=FINAL).exists()
