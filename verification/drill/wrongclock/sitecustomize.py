"""Imported by Python itself at its start, in processes of which the environment says so."""

import mmap
import os
import struct
import time

NAME = os.environ["JOBS_DRILL_CLOCK"]

true_time = time.time
number = struct.Struct("d")
with open(NAME, "rb") as file:
    wrong_by = mmap.mmap(file.fileno(), number.size, access=mmap.ACCESS_READ)


def wrong_time() -> float:
    """Return the wrong time in seconds, as time.time does the right one."""
    return true_time() + float(number.unpack_from(wrong_by)[0])


def wrong_time_ns() -> int:
    """Return the wrong time in nanoseconds."""
    return int(wrong_time() * 1e9)


time.time = wrong_time
time.time_ns = wrong_time_ns
