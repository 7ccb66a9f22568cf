"""Checks of clocks: the database's decides, and the others are corrected by it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator

from django.conf import settings

from jobs.clock import BUDGET, clock
from jobs.database import alias
from jobs.doctor.finding import Finding, note, ok, warn
from jobs.doctor.patient import Patient

SAMPLES = 5
BY_NTP = "Let NTP set it: chrony, or systemd-timesyncd. Jobs start on time meanwhile, since timers are corrected."
HERE = ("", "localhost", "127.0.0.1", "::1")  # hosts of a database whose clock is that of this machine
UNSYNCHRONIZED = 0x0040  # STA_UNSYNC of adjtimex(2)


def here(patient: Patient) -> Iterator[Finding]:
    """Yield how far the clock of this machine is off the database's."""
    offset = clock.measure(SAMPLES)
    figure = f"{offset * 1000:+.1f} ms"
    if abs(offset) > BUDGET:
        way = "behind" if offset > 0 else "ahead"
        yield warn(f"The clock of this machine is {way} of the database's.", BY_NTP, figure)
    else:
        yield ok("The clock of this machine agrees with the database's.", figure)


def workers(patient: Patient) -> Iterator[Finding]:
    """Yield how far the clocks of living workers are off the database's, as they have measured it."""
    off = [one for one in patient.alive if abs(one.offset_ms) > BUDGET * 1000]
    for one in off:
        way = "behind" if one.offset_ms > 0 else "ahead"
        yield warn(
            f"The clock of the worker {one.name} is {way} of the database's.", BY_NTP, f"{one.offset_ms:+.1f} ms"
        )
    if not off:
        worst = max((abs(one.offset_ms) for one in patient.alive), default=None)
        figure = "no worker" if worst is None else f"at most {worst:.1f} ms"
        yield ok("The clocks of the workers agree with the database's.", figure)


def synchronized(patient: Patient) -> Iterator[Finding]:
    """Yield whether something keeps the clock of this machine, as its kernel says."""
    status = _kernel_status()
    if status is None:
        yield note("The kernel of this machine does not say whether something keeps its clock.")
    elif status & UNSYNCHRONIZED:
        kind = warn if settings.DATABASES[alias()]["HOST"] in HERE else note
        yield kind("Nothing keeps the clock of this machine: it will drift.", BY_NTP, "not synchronized")
    else:
        yield ok("Something keeps the clock of this machine.", "synchronized")


def _kernel_status() -> int | None:
    """Return the status of the kernel's clock, by adjtimex(2); None where there is no such call."""
    if not sys.platform.startswith("linux") or ctypes.sizeof(ctypes.c_long) != 8:
        return None
    timex = (ctypes.c_byte * 512)()  # of which 208 are used; no modes: nothing is changed
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    return None if answer < 0 else ctypes.c_int.from_buffer(timex, 40).value
