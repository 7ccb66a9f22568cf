"""A peer's own virtual environment, with exact versions from the package index that pip is set to; thrown away."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.home import CHECKOUT
from launcher.interrupts import Interrupts
from launcher.process import Farewell, spawn, stop

WITHIN = 600.0  # seconds to install one peer
FAREWELL: Farewell = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
LOOK = 0.25


class Unavailable(Exception):
    """The peer cannot be measured here; the text says why in one sentence."""


def install(requirements: Path, folder: Path, interrupts: Interrupts) -> Path:
    """Make the environment in `folder` and return its Python. Raises Unavailable."""
    python = folder / "bin" / "python"
    log = folder.with_suffix(".log")
    # Our own pip installs into it: a second copy of pip would take longer than most peers do.
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-input", "--no-deps", "-q"]
    pip += ["--disable-pip-version-check", "--retries", "1", "-r", str(requirements)]
    for command in ([sys.executable, "-m", "venv", "--without-pip", str(folder)], pip):
        if code := run(command, log, os.environ, interrupts, within=WITHIN):
            raise Unavailable(f"could not be installed (exit code {code}): {_reason(log)}")
    return python


def run(
    command: Sequence[str], log: Path, environment: Mapping[str, str], interrupts: Interrupts, *, within: float
) -> int:
    """Carry out one command, tied to us, and return its exit code; it is ended after `within` seconds."""
    with log.open("ab") as file:
        process = spawn(command, log=file, cwd=CHECKOUT, environment=environment)
    end = time.monotonic() + within
    try:
        while process.poll() is None and time.monotonic() < end:
            interrupts.wait(LOOK)
    finally:
        stop(process, FAREWELL)
    return process.returncode


def _reason(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["it said nothing"])[-1].removeprefix("ERROR: ")
