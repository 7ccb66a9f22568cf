"""`run`: the supervisor, with stand-ins for manage.py, Celery and web, and real servers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.launcher.conftest import Launcher, all_gone, wait_until

pytestmark = pytest.mark.launcher

UP = "RunAt is running"
NAMES = {"postgres", "valkey", "web", "beat", "watch", "worker"}


def database_url(launcher: Launcher) -> str:
    return str(json.loads((launcher.home / "services.json").read_text())["services"]["database_url"])


def words_of(path: Path) -> str:
    """A command line; empty where its process has ended meanwhile."""
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def ask_running(checkout: Path) -> str:
    """What `running()` says in another process of the checkout."""
    code = "from launcher import running; up = running(); print(up.database_url if up else up)"
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, env=environment, capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()


def test_it_runs_stops_on_sigterm_and_goes_on_with_the_same_data(
    launch: Callable[..., Launcher], checkout: Path
) -> None:
    first = launch("run")
    first.wait_for(UP)
    pids = first.children()
    assert set(pids) == NAMES
    assert "first-password" in first.output
    assert "export TOKEN=t0" in first.output, "to be copied"
    url = first.output.partition("Monitor")[2].split()[0]
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - http, from our own output
        assert answer.read() == b"ok"
    assert ask_running(checkout) == database_url(first)
    secrets = json.loads((first.home / "secrets.json").read_text()).values()
    shown = [words_of(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
    assert any("postgres" in words for words in shown)
    assert not [words for words in shown for secret in secrets if secret in words], "who lists processes sees it"
    assert "SQL        make psql" in first.output
    assert not [secret for secret in secrets if str(secret) in first.output], "pasted, it would be on a command line"

    second = launch("run")
    assert second.process.wait() == 1
    assert f"already running at {url.rstrip('/')} (process {first.process.pid})" in second.output

    assert first.end(signal.SIGTERM) == 0
    assert all_gone(list(pids.values()))
    assert ask_running(checkout) == "None"

    third = launch("run")
    third.wait_for(UP)
    assert "first-password" in third.output  # shown again although it was told only once
    assert launch("status").process.wait() == 0
    assert launch("stop").process.wait() == 0
    assert third.process.wait() == 0
    assert launch("status").process.wait() == 3


def test_killed_hard_it_leaves_no_process_and_no_loss(launch: Callable[..., Launcher]) -> None:
    first = launch("run")
    first.wait_for(UP)
    pids = list(first.children().values())
    with psycopg.connect(database_url(first)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    first.end(signal.SIGKILL)

    again = launch("run")  # at once, while the old ones are still on their way out
    again.wait_for(UP)
    assert all_gone(pids)
    with psycopg.connect(database_url(again)) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    pids = list(again.children().values())
    again.end(signal.SIGKILL)
    wait_until(lambda: all_gone(pids), "the end of all processes")


def test_a_child_that_dies_is_started_again(launch: Callable[..., Launcher]) -> None:
    launcher = launch("run")
    launcher.wait_for(UP)
    before = launcher.children()
    for name in ("beat", "postgres"):
        os.kill(before[name], signal.SIGKILL)
        launcher.wait_for(f"{name} ended (killed by SIGKILL); starting it again")
        launcher.wait_for(f"{name} started again")
        assert launcher.children()[name] != before[name]
    wait_until(lambda: connects(database_url(launcher)), "the database again")
    assert launcher.end(signal.SIGINT) == 0


def connects(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_two_checkouts_at_once_do_not_meet(launch: Callable[..., Launcher], folder: Path) -> None:
    one, two = launch("run"), launch("run", RUNAT_HOME=str(folder / "other home"))
    two.home = folder / "other home"
    for launcher in (one, two):
        launcher.wait_for(UP)
    assert one.output.partition("Monitor")[2].split()[0] != two.output.partition("Monitor")[2].split()[0]
    assert database_url(one) != database_url(two)


def test_a_failing_migration_is_shown_and_everything_ends(launch: Callable[..., Launcher], checkout: Path) -> None:
    (checkout / "manage.py").write_text("raise SystemExit('the migration is broken')")
    launcher = launch("run")
    assert launcher.process.wait() == 1
    assert "the migration is broken" in launcher.output
    assert all_gone(list(launcher.children().values()))
