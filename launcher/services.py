"""Bringing the services up: the embedded servers where the environment names no others."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from launcher.home import Home, temporary_home
from launcher.process import POLL_S, stop
from launcher.record import Services, leftovers, started_at, write_children
from launcher.servers.binaries import find_postgres, find_valkey
from launcher.servers.postgres import Postgres
from launcher.servers.server import Server
from launcher.servers.valkey import Valkey

LEFTOVER_WAIT_S = 10.0

Say = Callable[[str], None]


@dataclass
class Running:
    """The embedded servers that were started, in the order of their start, and everybody's addresses."""

    services: Services
    servers: list[tuple[Server, subprocess.Popen[bytes]]] = field(default_factory=list)

    def stop(self) -> None:
        """Stop the servers, the broker first, the database last."""
        for server, process in reversed(self.servers):
            stop(process, server.farewell)


def start_services(
    home: Home, *, durable: bool, database_url: str = "", broker_url: str = "", superuser: bool = False, say: Say
) -> Running:
    """Start an embedded server for each empty address; the home must be locked by us. `superuser`: of the database."""
    await_leftovers(home, say)
    servers: list[tuple[Server, subprocess.Popen[bytes]]] = []
    try:
        if not database_url:
            postgres = Postgres(home, find_postgres(home), durable=durable, superuser=superuser)
            database_url = _start(postgres, servers, say)
        if not broker_url:
            valkey = Valkey(home, find_valkey(home), durable=durable)
            broker_url = _start(valkey, servers, say)
    except BaseException:  # also Ctrl-C: nothing stays behind
        Running(Services("", "", ""), servers).stop()
        raise
    services = Services(database_url, broker_url, home.secret("secret_key"))
    return Running(services, servers)


def _start(server: Server, servers: list[tuple[Server, subprocess.Popen[bytes]]], say: Say) -> str:
    """Start one server, add it to the list, and return its address."""
    begin = time.monotonic()
    servers.append((server, server.start()))
    write_children(server.home, {started.name: process.pid for started, process in servers})
    elapsed = time.monotonic() - begin
    say(f"{server.title} {server.program.version} ready in {elapsed:.1f} s on port {server.port}")
    return server.url()


def await_leftovers(home: Home, say: Say) -> None:
    """Wait until the children of a killed supervisor are gone; end those that do not go by themselves."""
    deadline = time.monotonic() + LEFTOVER_WAIT_S
    for name, pid in leftovers(home):
        say(f"waiting for {name} (process {pid}) of the last run, whose supervisor was killed")
        mark = started_at(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT if name == Postgres.name else signal.SIGTERM)
            while started_at(pid) == mark:
                if time.monotonic() > deadline:
                    os.killpg(pid, signal.SIGKILL)
                    deadline += 1.0
                time.sleep(POLL_S)


@contextmanager
def throwaway(
    *, database_url: str = "", broker_url: str = "", durable: bool = False, say: Say = lambda line: None
) -> Iterator[Services]:
    """Fresh servers in a temporary folder, gone at the end; an address that is given is used instead.

    Must be entered by the main thread (see `process.tied`). Ready in about a second.
    """
    with temporary_home() as home:
        running = start_services(
            home, durable=durable, database_url=database_url, broker_url=broker_url, superuser=True, say=say
        )
        try:
            yield running.services
        finally:
            running.stop()
