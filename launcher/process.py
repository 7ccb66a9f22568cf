"""Starting children that die with us, and stopping them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from launcher.servers.account import Account

CHILD = Path(__file__).with_name("child.py")
POLL_S = 0.02

# What to send, and how many seconds to wait before the next, harder one.
Farewell = Sequence[tuple[signal.Signals, float]]


def tied(
    command: Sequence[str], *, death_signal: signal.Signals = signal.SIGTERM, account: Account | None = None
) -> list[str]:
    """The command line that runs `command` as `account` and sends it `death_signal` when this process dies.

    Only the main thread may start it: Linux sends the signal when the *thread* that forked ends.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("a tied process must be started by the main thread")
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    words = [os.getpid(), int(death_signal), uid, gid]
    return [sys.executable, "-I", "-S", str(CHILD), *map(str, words), *command]


def spawn(
    command: Sequence[str],
    *,
    log: IO[bytes],
    cwd: Path,
    environment: Mapping[str, str],
    death_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a tied child that writes to `log`, in a session of its own so that Ctrl-C reaches only us."""
    return subprocess.Popen(
        tied(command, death_signal=death_signal, account=account),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=dict(environment),
        start_new_session=True,
        pass_fds=keep_open,
    )


def stop(process: subprocess.Popen[bytes], farewell: Farewell) -> None:
    """End a child by ever harder signals, and wait until it is gone."""
    for number, grace_s in farewell:
        send(process, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
            return
    process.wait()


def send(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a child; SIGKILL goes to its whole session, since it cannot end its own children any more."""
    with suppress(ProcessLookupError):
        if process.poll() is not None:
            return
        if number == signal.SIGKILL and os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
