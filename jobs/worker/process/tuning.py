"""Lets a thread that is due run at once: remedies for what keeps it waiting in the kernel and in the interpreter."""

from __future__ import annotations

import ctypes
import gc
import platform
import sys
import threading
from contextlib import suppress

# Seconds for which a busy thread may keep the others waiting: Python's 5 ms would be the start delay of a lone job.
SWITCH_INTERVAL = 0.0002
CROWD_INTERVAL = 0.005  # the same while a crowd of jobs is late: each thread that waits wakes up once an interval
PR_SET_TIMERSLACK = 29  # of prctl(2); in nanoseconds
SLICE = 100_000  # nanoseconds, the shortest that Linux takes
SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}  # numbers of system calls; that of sched_getattr is one higher

_in_line = threading.local()
_crowd = False


class _SchedAttr(ctypes.Structure):
    """See sched_setattr(2)."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def tune_process() -> None:
    """Tune a worker's process before it has threads and children: they inherit it."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    # Linux lets sleeps end 50 us late, to save wake-ups. Elsewhere this does nothing.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    spare_what_stays()


def suit(*, crowd: bool) -> None:
    """Have busy threads give way as suits a crowd of late jobs, which want as few switches as can be, or else at once,
    as suits the jobs that are not late yet. From any thread; costs nothing while it stays the same."""
    global _crowd  # noqa: PLW0603 - one interpreter a process
    if crowd is not _crowd:
        _crowd = crowd
        sys.setswitchinterval(CROWD_INTERVAL if crowd else SWITCH_INTERVAL)


def spare_what_stays() -> None:
    """Take what is loaded now out of the garbage collector's rounds: a round over it all stops every thread for tens of
    milliseconds, at the instant of whichever job it hits."""
    gc.collect()
    gc.freeze()


def tune_slot_thread() -> None:
    """Ask Linux (6.12 and later), once in each slot's thread, for short slices of time. A thread that asks for them
    goes before one that has just begun a long slice, and takes no more of the cores in all. Needs no privilege."""
    if getattr(_in_line, "asked", False):
        return
    _in_line.asked = True
    number = SCHED_SETATTR.get(platform.machine())
    if sys.platform == "linux" and number is not None:
        with suppress(OSError, AttributeError):
            ask = ctypes.CDLL(None).syscall
            found = _SchedAttr()
            if ask(number + 1, 0, ctypes.byref(found), ctypes.sizeof(found), 0) == 0 and found.policy == 0:
                found.runtime = SLICE
                ask(number, 0, ctypes.byref(found), 0)
