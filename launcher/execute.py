"""`exec`: run one command with the services up, and hand back its exit code."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from launcher.home import default_home
from launcher.interrupts import Interrupts
from launcher.process import Farewell, stop, tied
from launcher.record import Services, forget_supervisor, supervisor_of, write_supervisor
from launcher.services import start_services, throwaway

FAREWELL: Farewell = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))


def execute(command: list[str], interrupts: Interrupts, *, temporary: bool, durable: bool) -> int:
    """Run the command to its end and return its exit code (128 + the signal's number when one killed it)."""
    database_url, broker_url = os.environ.get("DATABASE_URL", ""), os.environ.get("BROKER_URL", "")
    if temporary:
        with throwaway(database_url=database_url, broker_url=broker_url, durable=durable, say=_say) as services:
            return _run(command, _with_own_key(services), interrupts)
    with _installation(database_url, broker_url) as services:
        return _run(command, _with_own_key(services), interrupts)


@contextmanager
def _installation(database_url: str, broker_url: str) -> Iterator[Services]:
    """The services of this checkout: those that are up, else started here and stopped at the end."""
    home = default_home()
    supervisor = supervisor_of(home)
    if supervisor:
        up = supervisor.services
        yield replace(up, database_url=database_url or up.database_url, broker_url=broker_url or up.broker_url)
        return
    home.prepare()
    with home.locked():
        running = start_services(home, durable=True, database_url=database_url, broker_url=broker_url, say=_say)
        try:
            write_supervisor(home, running.services)
            yield running.services
        finally:
            forget_supervisor(home)
            running.stop()


def _with_own_key(services: Services) -> Services:
    return replace(services, secret_key=os.environ.get("SECRET_KEY") or services.secret_key)


def _run(command: list[str], services: Services, interrupts: Interrupts) -> int:
    # At a terminal, Ctrl-C reaches the command by itself: passing it on would deliver it twice.
    at_terminal = _is_foreground()
    process = subprocess.Popen(
        tied(command),
        env=os.environ | services.environment(),
        process_group=None if at_terminal else 0,
    )

    def pass_on(number: int) -> None:
        if not (at_terminal and number == signal.SIGINT):
            process.send_signal(number)

    interrupts.pass_on = pass_on
    interrupts.raising = False
    try:
        code = process.wait()
    finally:
        interrupts.pass_on = lambda number: None
        stop(process, FAREWELL)  # still there only when a signal came between its start and `raising`
    return code if code >= 0 else 128 - code


def _is_foreground() -> bool:
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):  # no terminal; no stdin
        return False


def _say(line: str) -> None:
    """Print a line of the launcher's own on stderr: stdout belongs to the command."""
    print(line, file=sys.stderr, flush=True)
