"""Start of the processes until all are at work, and their stop however a benchmark ends."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Leadership, Worker
from launcher.interrupts import Interrupts, StopRequested
from verification.benchmark import preconditions
from verification.benchmark.load import withdraw
from verification.benchmark.processes.cluster import Cluster

READY_WITHIN = 120.0  # seconds for all processes to be at work
OTHERS_LEAD_AFTER = 10.0  # seconds in which one of our beats takes the lead, unless a living one has it
TICK = 0.25  # seconds

# Called with what goes on, how many seconds of it have passed, and how many it takes at most.
Tell = Callable[[str, float, float], None]


class RoundFailed(Exception):
    """The round could not be carried out, which says nothing about its figures. The text says why."""


@contextmanager
def at_work(
    cluster: Cluster, run: str | None, interrupts: Interrupts, tell: Tell, ready: Callable[[], bool] | None = None
) -> Iterator[Tell]:
    """Have the processes at work inside, and stopped afterwards. Yields what to call while waiting: it lasts a moment.

    `run`: whose pending jobs are withdrawn when it is cut short, None: nobody's; `ready`: how to find out that all are
    at work, where it is not by our tables. Raises RoundFailed.
    """

    def wait(what: str, passed: float, longest: float) -> None:
        cluster.tick()
        tell(what, passed, longest)
        interrupts.wait(TICK)

    interrupts.raising = True
    try:
        cluster.start()
        wait_until_ready(cluster, wait, ready)
        yield wait
    except BaseException:
        interrupts.raising = False
        if run is not None:
            withdraw(run)
        raise
    finally:
        interrupts.raising = False
        cluster.stop(hurried=lambda: interrupts.count > 1)
    if interrupts.count:  # it came while they were being stopped
        raise StopRequested(signal.SIGTERM)


def wait_until_ready(cluster: Cluster, wait: Tell, ready: Callable[[], bool] | None = None) -> None:
    """Wait until every worker has its heartbeat row and, if there are beats, one leads. Raises RoundFailed."""
    born = time.monotonic()
    while True:
        passed = time.monotonic() - born
        if ready() if ready is not None else _workers_ready(cluster) and _led(cluster, passed):
            return
        if cluster.problems() or passed > READY_WITHIN:
            why = "A process failed at its start" if cluster.problems() else "Not all processes got ready"
            raise RoundFailed(f"{why}; their last words:\n{cluster.last_words()}")
        wait("starting the processes", passed, READY_WITHIN)


def _workers_ready(cluster: Cluster) -> bool:
    ready = Worker.objects.alive(clock.now(), conf().patience).values_list("pid", flat=True)
    return cluster.pids("worker") <= set(ready)


def _led(cluster: Cluster, passed: float) -> bool:
    beats = cluster.pids("beat")
    return not beats or preconditions.led_by(beats) or (passed > OTHERS_LEAD_AFTER and others_lead())


def others_lead() -> bool:
    """Return whether somebody has listed the window we are in."""
    listed_until = Leadership.current().listed_until
    return listed_until is not None and listed_until > clock.now()
