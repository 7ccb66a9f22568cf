"""Series of the pairs of queue and target: kept in plain numbers, since there is something to count for each job, and a
histogram of prometheus_client takes as long for one value as this for a whole job."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from jobs.events.attempts import AttemptAcquired, AttemptCompleted, AttemptEnded, AttemptFailed, AttemptInterrupted
from jobs.metrics.bounds import MOST, OTHER
from jobs.metrics.table import BY_NAME, Giver

BUCKETS = {  # upper bounds, in seconds
    "runat_start_delay_seconds": (
        *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
        *(10.0, 30.0, 60.0, 300.0, 1800.0),
    ),
    "runat_duration_seconds": (*(0.001, 0.01, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0), *(1800.0, 7200.0, 43200.0)),
}
DELAYS, DURATIONS = BUCKETS.values()
OUTCOMES = [kind.outcome for kind in (AttemptCompleted, AttemptFailed, AttemptInterrupted)]


class _Pair:
    """Numbers of one target in one queue. A count more than there are buckets: of what is beyond the last."""

    __slots__ = ("delay", "delays", "duration", "durations", "ended", "started")

    def __init__(self) -> None:
        self.started = 0
        self.ended = dict.fromkeys(OUTCOMES, 0)
        self.delays, self.delay = [0] * (len(DELAYS) + 1), 0.0
        self.durations, self.duration = [0] * (len(DURATIONS) + 1), 0.0


class Pairs:
    """Counts starts and ends by queue and target, and gives them as a collector of prometheus_client."""

    def __init__(self, giver: Giver) -> None:
        self._giver = giver
        self._pairs: dict[tuple[str, str], _Pair] = {}
        self._lock = threading.Lock()

    def started(self, event: AttemptAcquired) -> None:
        with self._lock:
            self._of(event.queue, event.target).started += 1

    def ended(self, event: AttemptEnded) -> None:
        with self._lock:
            pair = self._of(event.queue, event.target)
            pair.ended[event.outcome] += 1
            if event.delay is not None and event.duration is not None:
                pair.delays[bisect_left(DELAYS, event.delay)] += 1
                pair.delay += event.delay
                pair.durations[bisect_left(DURATIONS, event.duration)] += 1
                pair.duration += event.duration

    def _of(self, queue: str, target: str) -> _Pair:
        """Return the numbers of this pair, from the fiftieth on those of all others."""
        found = self._pairs.get((queue, target))
        if found is None:
            key = (queue, target) if len(self._pairs) < MOST else (OTHER, OTHER)
            found = self._pairs.setdefault(key, _Pair())
        return found

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of this process that have a queue and a target."""
        ended = _counter("runat_ended_total")
        started = _counter("runat_started_total")
        delays, durations = (HistogramMetricFamily(name, BY_NAME[name].help, labels=_labels(name)) for name in BUCKETS)
        with self._lock:
            for key, pair in self._pairs.items():
                started.add_metric(key, pair.started)
                for outcome, count in pair.ended.items():
                    ended.add_metric((*key, outcome), count)
                delays.add_metric(key, _cumulated(DELAYS, pair.delays), pair.delay)
                durations.add_metric(key, _cumulated(DURATIONS, pair.durations), pair.duration)
        yield ended
        if self._giver is Giver.WORKER:
            yield from (started, delays, durations)


def _labels(name: str) -> tuple[str, ...]:
    return BY_NAME[name].labels


def _counter(name: str) -> CounterMetricFamily:
    return CounterMetricFamily(name, BY_NAME[name].help, labels=_labels(name))


def _cumulated(bounds: tuple[float, ...], counts: list[int]) -> list[tuple[str, float]]:
    return list(zip([*map(str, bounds), "+Inf"], accumulate(counts), strict=True))
