"""`python -m launcher`: run, exec, status, stop."""

import argparse
import ctypes
import os
import signal
import sys
import time

from launcher.child import PR_SET_PDEATHSIG
from launcher.execute import execute
from launcher.home import LauncherError, default_home
from launcher.interrupts import Interrupts, StopRequested
from launcher.record import started_at, supervisor_of
from launcher.run import run

STOP_WITHIN_S = 120.0


def main(arguments: list[str]) -> int:
    """Do what the command line says and return the exit code."""
    own, separator, command = _split(arguments)
    options = _parser().parse_args(own)
    if options.with_parent:
        die_with_parent()
    try:
        if options.action == "status":
            return status()
        if options.action == "stop":
            return stop_supervisor()
        interrupts = Interrupts()
        if options.action == "run":
            return run(interrupts)
        if not separator or not command:
            raise LauncherError("usage: python -m launcher exec [--throwaway] -- COMMAND ...")
        return execute(command, interrupts, temporary=options.throwaway, durable=options.durable)
    except StopRequested as stop:
        return 128 + stop.number
    except BlockingIOError:
        print(already_running(), file=sys.stderr)
    except LauncherError as error:
        print(f"RunAt: {error}", file=sys.stderr)
    return 1


def _split(arguments: list[str]) -> tuple[list[str], bool, list[str]]:
    if "--" not in arguments:
        return arguments, False, []
    middle = arguments.index("--")
    return arguments[:middle], True, arguments[middle + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m launcher", description=__doc__)
    parser.add_argument("action", choices=["run", "exec", "status", "stop"])
    parser.add_argument("--throwaway", action="store_true", help="exec: fresh servers, removed at the end")
    parser.add_argument("--durable", action="store_true", help="exec --throwaway: with fsync, as in real use")
    parser.add_argument("--with-parent", action="store_true", help="stop when the calling process ends")
    return parser


def die_with_parent() -> None:
    """Ask for a SIGTERM when the calling process ends, so that a killed make leaves nothing running."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(128 + signal.SIGTERM)


def already_running() -> str:
    """Return the sentence for a person who starts a second time: where it runs, and how to stop it."""
    supervisor = supervisor_of(default_home())
    if supervisor is None:
        return "RunAt: already starting (or stopping) in this checkout; try again in a moment."
    where = f" at {supervisor.web_url}" if supervisor.web_url else ""
    how = "stop it with Ctrl-C there, or with `make stop`"
    return f"RunAt: already running{where} (process {supervisor.pid}); {how}."


def status() -> int:
    """Print whether this checkout's installation is up; 0 when it is, 3 when not (as init scripts do)."""
    supervisor = supervisor_of(default_home())
    if supervisor is None:
        print("RunAt is not running in this checkout.")
        return 3
    print(f"RunAt is running (process {supervisor.pid}) {supervisor.web_url}".rstrip())
    return 0


def stop_supervisor() -> int:
    """Stop this checkout's installation and wait until it is down."""
    supervisor = supervisor_of(default_home())
    if supervisor is None:
        return status() and 0
    mark = started_at(supervisor.pid)
    os.kill(supervisor.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN_S
    while started_at(supervisor.pid) == mark:
        if time.monotonic() > deadline:
            raise LauncherError(f"process {supervisor.pid} is still stopping after {STOP_WITHIN_S:.0f} s")
        time.sleep(0.1)
    print("RunAt has stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
