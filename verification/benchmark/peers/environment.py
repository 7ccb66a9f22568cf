"""A peer's own environment, with exact versions from the index that pip or npm is set to; thrown away afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.home import CHECKOUT
from launcher.interrupts import Interrupts
from launcher.process import Farewell, spawn, stop
from verification.benchmark.peers.peer import Peer

WITHIN = 600.0  # seconds to install one peer
FAREWELL: Farewell = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
LOOK = 0.25


class Unavailable(Exception):
    """The peer cannot be measured here; the text says why in one sentence."""


@dataclass(frozen=True)
class Program:
    """Start of a peer's program: its `command`, to which a role is added, what its `environment` needs, and the
    `versions` it has."""

    command: list[str]
    environment: dict[str, str]
    versions: list[str]


def install(peer: Peer, folder: Path, interrupts: Interrupts) -> Program:
    """Make the environment in `folder` and say how to start the program there. Raises Unavailable."""
    if peer.node:
        return _with_npm(peer, folder, interrupts)
    python = with_pip(peer.requirements, folder, interrupts)
    return Program([str(python), "-m", peer.module], {}, peer.requirements.read_text().split())


def with_pip(requirements: Path, folder: Path, interrupts: Interrupts) -> Path:
    """Make a virtual environment and return its Python. Raises Unavailable."""
    python = folder / "bin" / "python"
    # Our own pip installs into it: a second copy of pip would take longer than most peers do.
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-input", "--no-deps", "-q"]
    pip += ["--disable-pip-version-check", "--retries", "1", "-r", str(requirements)]
    _carry_out([[sys.executable, "-m", "venv", "--without-pip", str(folder)], pip], folder, interrupts)
    return python


def _with_npm(peer: Peer, folder: Path, interrupts: Interrupts) -> Program:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Unavailable("needs Node.js and npm, which are not here; on Debian: apt-get install nodejs npm")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    package = newest_for(peer.requirements.read_text(), said)
    if package is None:
        raise Unavailable(f"no release that is known here runs on Node.js {said.strip()}")
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--no-save", "--loglevel=error"]
    folder.mkdir()
    _carry_out([[*command, package]], folder, interrupts)
    return Program(
        [node, str(peer.requirements.parents[1] / "programs" / f"{peer.program}.js")],
        {"NODE_PATH": str(folder / "node_modules")},
        [package, f"node {said.strip().removeprefix('v')}"],
    )


def newest_for(lines: str, node: str) -> str | None:
    """Return the first package of these lines, `PACKAGE@VERSION NODE`, newest first, that this Node.js runs."""
    for line in lines.splitlines():
        package, least = line.split()
        if _numbers(node) >= _numbers(least):
            return package
    return None


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.strip().removeprefix("v").split(".")]


def _carry_out(commands: Sequence[Sequence[str]], folder: Path, interrupts: Interrupts) -> None:
    log = folder.with_suffix(".log")
    for command in commands:
        if code := run(command, log, os.environ, interrupts, within=WITHIN):
            raise Unavailable(f"could not be installed (exit code {code}): {_reason(log)}")


def run(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str],
    interrupts: Interrupts,
    *,
    within: float,
    folder: Path = CHECKOUT,
) -> int:
    """Carry out one command in a folder, tied to us, and return its exit code; it is ended after `within` seconds."""
    with log.open("ab") as file:
        process = spawn(command, log=file, cwd=folder, environment=environment)
    end = time.monotonic() + within
    try:
        while process.poll() is None and time.monotonic() < end:
            interrupts.wait(LOOK)
    finally:
        stop(process, FAREWELL)
    return process.returncode


def _reason(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error:", "npm error"))]
    return (errors or lines or ["it said nothing"])[-1].removeprefix("ERROR: ")
