"""A checkout of its own with stand-ins for Django and Celery, and the launcher as a process in it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from launcher.home import CHECKOUT, Home
from launcher.record import started_at
from launcher.servers.account import server_account

PATIENCE_S = 60.0  # how long to wait before giving up; nothing asserts on it

MANAGE = """
import json, sys
if sys.argv[1] == "seed_demo":
    from pathlib import Path
    seen = Path(__file__).with_name("seeded")
    told = {"password": None, "token": None} if seen.exists() else {"password": "first-password", "token": "t0"}
    seen.touch()
    print("credentials: " + json.dumps({"username": "admin", **told}))
elif sys.argv[1] == "watch":
    import signal
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    while True:
        signal.pause()
"""
WEB = """
import socket, sys
import uvicorn

async def answer(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})

listener = socket.socket(fileno=int(sys.argv[sys.argv.index("--fd") + 1]))
uvicorn.Server(uvicorn.Config(answer, lifespan="off", timeout_graceful_shutdown=10)).run(sockets=[listener])
"""
CELERY = """
import signal, sys
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
print(sys.argv[3], "is ready.", flush=True)
while True:
    signal.pause()
"""


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    """Return the condition's first true value; fails when there is none."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited in vain for: {what}")
        time.sleep(0.05)
    return value


class Launcher:
    """One `python -m launcher ...` in a checkout; what it prints goes to a file."""

    def __init__(self, checkout: Path, *words: str, **environment: str) -> None:
        inherited = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "BROKER_URL", "SECRET_KEY"}}
        self.home = checkout / ".runat"
        handle, name = tempfile.mkstemp(dir=checkout)
        self.output_path = Path(name)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "launcher", *words],
            cwd=checkout,
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            env=inherited | environment,
        )
        os.close(handle)

    @property
    def output(self) -> str:
        return self.output_path.read_text()

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.output or self.process.poll() is not None, text)
        assert text in self.output

    def children(self) -> dict[str, int]:
        content = json.loads((self.home / "children.json").read_text())
        return {name: child["pid"] for name, child in content.items()}

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a space in its path which the servers' account may enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="runat test "))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def home(folder: Path) -> Home:
    made = Home(folder / "home", server_account())
    made.prepare()
    return made


@pytest.fixture
def checkout(folder: Path) -> Path:
    """The launcher's code with stand-ins around it."""
    path = folder / "check out"
    shutil.copytree(CHECKOUT / "launcher", path / "launcher")
    (path / "project" / "web").mkdir(parents=True)
    (path / "project" / "__init__.py").touch()
    (path / "project" / "web" / "__init__.py").touch()
    (path / "project" / "web" / "__main__.py").write_text(WEB)
    (path / "manage.py").write_text(MANAGE)
    (path / "celery").mkdir()
    (path / "celery" / "__init__.py").touch()
    (path / "celery" / "__main__.py").write_text(CELERY)
    return path


@pytest.fixture
def launch(checkout: Path) -> Iterator[Callable[..., Launcher]]:
    """Start launchers, and end those the test left running."""
    started: list[Launcher] = []

    def start(*words: str, **environment: str) -> Launcher:
        started.append(Launcher(checkout, *words, **environment))
        return started[-1]

    yield start
    for launcher in started:
        if launcher.process.poll() is None:
            launcher.end(signal.SIGTERM)


def all_gone(pids: list[int]) -> bool:
    """Whether none of the processes lives."""
    return not any(started_at(pid) for pid in pids)
