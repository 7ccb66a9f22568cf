"""Started as root, web, beat and workers get an account of their own, where that may read the code."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from launcher import run as run_module
from launcher.home import Home
from launcher.process import spawn
from launcher.servers import account as accounts
from launcher.servers.account import Account, job_account

pytestmark = pytest.mark.launcher
ONLY_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root chooses another account")
SERVERS = Account("postgres", 101, 104)


def test_an_ordinary_user_runs_jobs_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts.os, "geteuid", lambda: 1000)
    assert job_account(None, [Path("/nowhere")]) == (None, "")


@ONLY_ROOT
def test_root_has_another_account_than_the_servers_run_them(folder: Path) -> None:
    code = folder / "manage.py"
    code.touch(0o644)
    found, why = job_account(SERVERS, [code])
    assert (found.name, why) == ("nobody", "")
    found, why = job_account(found, [code])
    assert (found.name, why) == ("daemon", "")


@ONLY_ROOT
def test_where_it_may_not_read_the_code_that_is_said(folder: Path) -> None:
    code = folder / "manage.py"
    code.touch(0o600)
    found, why = job_account(SERVERS, [Path("/bin/sh"), code])
    assert found is None
    assert why == f"Jobs run as root: the account nobody may not read {code}; put it elsewhere."


@ONLY_ROOT
def test_web_beat_and_worker_are_started_with_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    account, _ = job_account(home.account, [])
    said = {}

    def started(command, *, log, environment, **options):
        del command
        words = ["/bin/sh", "-c", "id -u; id -G; echo $HOME; cat /proc/1/environ"]
        process = spawn(words, log=log, environment=environment, **options | {"death_signal": signal.SIGTERM})
        process.wait()
        return process

    class Supervisor:
        def add(self, name, start, farewell, *, stage):
            start()
            said[name] = home.log_path(name).read_text().splitlines()

    monkeypatch.setattr(run_module, "spawn", started)
    services = SimpleNamespace(environment=dict)
    listener = SimpleNamespace(fileno=lambda: 0)
    run_module._start_processes(home, Supervisor(), services, listener, account)
    assert set(said) == {"web", "beat", "watch", "worker"}
    for lines in said.values():
        assert lines[:3] == [str(account.uid), str(account.gid), run_module.NO_HOME]
        assert "denied" in lines[3].lower(), "nothing of root's can be read"
