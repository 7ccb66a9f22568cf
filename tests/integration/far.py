"""A target that says how early or late it is entered, by the clock of the database's machine, which is this one."""

import time

from jobs.targets import Context, target


@target("far.clock")
def clock(ctx: Context) -> float:
    """Milliseconds since its time, past every shim of `time.time`."""
    return (time.clock_gettime(time.CLOCK_REALTIME) - ctx.run_at.timestamp()) * 1000
