"""`exec`: one command with the services up."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.launcher.conftest import Launcher, all_gone, wait_until

pytestmark = pytest.mark.launcher

OWN = {"DATABASE_URL": "postgresql://theirs", "BROKER_URL": "amqp://theirs"}
SHOW = "import os; print([os.environ[name] for name in ('DATABASE_URL', 'BROKER_URL', 'SECRET_KEY')])"


def test_the_exit_code_is_the_commands(launch: Callable[..., Launcher]) -> None:
    launcher = launch("exec", "--throwaway", "--", "sh", "-c", "exit 7", **OWN)
    assert launcher.process.wait() == 7


def test_a_command_that_does_not_exist_is_named(launch: Callable[..., Launcher]) -> None:
    launcher = launch("exec", "--throwaway", "--", "no-such-command", **OWN)
    assert launcher.process.wait() == 127
    assert "no-such-command: No such file" in launcher.output


def test_what_the_environment_names_is_used(launch: Callable[..., Launcher]) -> None:
    launcher = launch("exec", "--throwaway", "--", sys.executable, "-c", SHOW, SECRET_KEY="ours", **OWN)
    assert launcher.process.wait() == 0
    assert "['postgresql://theirs', 'amqp://theirs', 'ours']" in launcher.output


def test_a_signal_reaches_the_command_once(launch: Callable[..., Launcher]) -> None:
    counting = (
        "import signal, time; got = []; signal.signal(signal.SIGINT, lambda *a: got.append(1));"
        "print('up', flush=True); signal.pause(); time.sleep(0.5); raise SystemExit(40 + len(got))"
    )
    launcher = launch("exec", "--throwaway", "--", sys.executable, "-c", counting, **OWN)
    launcher.wait_for("up")
    assert launcher.end(signal.SIGINT) == 41


def test_killed_hard_it_leaves_nothing_running(launch: Callable[..., Launcher], folder: Path) -> None:
    launcher = launch("exec", "--throwaway", "--", "sh", "-c", "echo up $$; exec sleep 600", TMPDIR=str(folder))
    launcher.wait_for("up ")
    command = int(launcher.output.rpartition("up ")[2].split()[0])
    (temporary,) = folder.glob("runat-throwaway-*")
    launcher.home = temporary
    pids = [command, *launcher.children().values()]
    assert not all_gone(pids)
    launcher.end(signal.SIGKILL)
    wait_until(lambda: all_gone(pids), "the end of all processes")
