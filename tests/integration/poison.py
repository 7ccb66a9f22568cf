"""Targets that take their process with them. Registered in the workers of these tests only: `celery worker -I`."""

import ctypes
import os
import signal
import time
from pathlib import Path

from jobs.targets import target

ENTRIES = "POISON_ENTRIES"  # the environment's name of the file in which each entry of a body leaves its key


def enter(key: str) -> None:
    """Evidence outside our tables that this body was entered, once more."""
    with Path(os.environ[ENTRIES]).open("a") as entries:
        entries.write(f"{key}\n")
        entries.flush()


@target("poison.segfault")
def segfault(key: str) -> None:
    enter(key)
    ctypes.string_at(0)


@target("poison.leave")
def leave(key: str, code: int) -> None:
    enter(key)
    os._exit(code)


@target("poison.out_of_memory")
def out_of_memory(key: str) -> None:
    """As the kernel does it: without a word."""
    enter(key)
    os.kill(os.getpid(), signal.SIGKILL)


@target("poison.stubborn")
def stubborn(key: str, seconds: float) -> None:
    """Ignores that it is told to stop."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    enter(key)
    time.sleep(seconds)


@target("poison.patient")
def patient(key: str, seconds: float) -> None:
    """Harmless, and leaves its key as the others do."""
    enter(key)
    time.sleep(seconds)
