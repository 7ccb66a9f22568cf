"""Start-up of a beat, and its memory: with what lies in the table, whatever that is."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import psutil

from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Leadership
from jobs.publishing.windows import window_at
from launcher.interrupts import Interrupts
from verification.benchmark import preconditions
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.start import RoundFailed, Tell, at_work

MB = 1024 * 1024
STEADY_AFTER = 5.0  # seconds until its memory is read
STARTED_WITHIN = 120.0  # seconds; how long a start took is a figure, no fault, up to here
POLL = 0.02


@dataclass(frozen=True)
class Beat:
    """Medians of several starts: seconds from the start of the process to the end of its first tick, and resident MB
    some seconds later."""

    seconds: float
    memory: float


def measure(times: int, interrupts: Interrupts, tell: Tell) -> Beat:
    """Start a beat of ours so many times, one after another. Its first tick is done when it has listed, so each starts
    in a window that nobody has listed: or it would have nothing to do until the next, and wait for it."""
    found = []
    for _ in range(times):
        time.sleep(listed_for(clock.now()))
        cluster = Cluster(instances=0, slots=1, beats=1)
        before = Leadership.current().listed_at

        def ticked(cluster: Cluster = cluster, before: object = before) -> bool:
            return preconditions.led_by(cluster.pids("beat")) and Leadership.current().listed_at != before

        found.append(start(cluster, ticked, interrupts, tell))
    return Beat(statistics.median(one.seconds for one in found), statistics.median(one.memory for one in found))


def listed_for(now: datetime) -> float:
    """Return the seconds until a window begins that has not been listed; 0: this one has not been."""
    window = window_at(now, conf().min_prepare_time, conf().look_ahead)
    listed = Leadership.current().listed_until
    return 0.0 if listed is None or listed < window.horizon else (window.end - now).total_seconds()


def start(cluster: Cluster, ticked: Callable[[], bool], interrupts: Interrupts, tell: Tell) -> Beat:
    """Start the one beat of a cluster until its first tick is done, look at its memory, and stop it."""
    began = time.monotonic()
    seconds: list[float] = []

    def ready() -> bool:
        # at_work looks four times a second, which is too seldom to measure by.
        until = time.monotonic() + 0.2
        while not ticked():
            if time.monotonic() > until:
                return False
            time.sleep(POLL)
        seconds.append(time.monotonic() - began)
        return True

    with at_work(cluster, None, interrupts, tell, ready) as wait:
        steady = time.monotonic()
        while (passed := time.monotonic() - steady) < STEADY_AFTER:
            wait("a beat at rest", passed, STEADY_AFTER)
        memory = rss(cluster)
    if not memory:
        raise RoundFailed(f"The beat has ended; its last words:\n{cluster.last_words()}")
    return Beat(seconds[0], max(memory.values()))


def rss(cluster: Cluster) -> Mapping[str, float]:
    """Resident memory in MB of each beat that lives."""
    found = {}
    for member in cluster.members:
        if member.kind == "beat" and member.process is not None:
            try:
                found[member.name] = psutil.Process(member.process.pid).memory_info().rss / MB
            except psutil.Error:  # it has just ended
                continue
    return found
