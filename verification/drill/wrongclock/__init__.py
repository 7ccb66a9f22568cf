"""Processes whose wall clock is wrong, and stepped while they run. (libfaketime cannot be used: it breaks Python's
sleep.)

Python imports a module named `sitecustomize` before anything else; the one beside this file adds to `time.time` what
stands in a file. `time.clock_gettime(CLOCK_REALTIME)` still tells the truth, for the ledger of the bodies.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

VARIABLE = "JOBS_DRILL_CLOCK"  # names the file


def environment(file: Path) -> dict[str, str]:
    """Return the variables that make a process's clock as wrong as the file says, to be added to its own."""
    search = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, search)), VARIABLE: str(file)}


def put(file: Path, seconds: float) -> None:
    """Be wrong by so much from now on, also in processes that have the file open."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.write(handle, struct.pack("d", seconds))
    finally:
        os.close(handle)
