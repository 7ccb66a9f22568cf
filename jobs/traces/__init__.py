"""Traces: a span for each attempt, sent by OpenTelemetry in the background. Only where JOBS_TRACES is on; nothing of
OpenTelemetry is imported otherwise.

It subscribes to the ends of attempts. Nobody waits for it: what does not fit into its queue is dropped and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jobs import events
from jobs.events import Event
from jobs.events.attempts import AttemptEnded
from jobs.traces.outbox import Exporter, Outbox
from jobs.transitions import Ended


def watch(make: Callable[[], Exporter] | None = None) -> Callable[[], None]:
    """Send a span of each attempt whose end this process tells of, by what `make` makes: else OpenTelemetry's exporter.
    Returns what ends that."""
    from jobs.traces.spans import exporter, span_of  # noqa: PLC0415 - and OpenTelemetry

    outbox = Outbox(make or exporter, span_of)

    def keep(event: Event) -> None:
        if isinstance(event, AttemptEnded) and isinstance(event.end, Ended):
            outbox.put(_light(event, event.end))  # drawn by the thread that sends: it takes longer than to put it there

    end = events.subscribe(keep)

    def leave() -> None:
        end()
        outbox.stop(within=1.0)

    return leave


def _light(event: AttemptEnded, end: Ended) -> AttemptEnded:
    """Return the event without what no span says, which may be large: thousands of them may wait."""
    result = end.result if end.started.target == "http" else None
    started = end.started._replace(payload=None, labels={})
    return replace(event, story="", end=end._replace(started=started, result=result, log=None, story=""))
