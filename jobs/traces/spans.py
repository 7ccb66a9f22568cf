"""Spans of attempts, as OpenTelemetry has them: each the root of a trace of its own, linked to whoever created the job.

A parent would be open for as long as a job waits for its time, and no tool shows a trace of days.
"""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from jobs import traceparent
from jobs.events.attempts import AttemptEnded
from jobs.states import State
from jobs.transitions import Ended

PATIENCE = 5.0  # seconds for a request to the collector, its repeats included, unless OTEL_... says otherwise
LONGEST = 1000  # characters of an error
SCOPE = InstrumentationScope("runat")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
US = timedelta(microseconds=1)


def exporter() -> OTLPSpanExporter:
    """Make what sends spans to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names."""
    said = {"OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"} & os.environ.keys()
    return OTLPSpanExporter(timeout=None if said else PATIENCE)


def _resource() -> Resource:
    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    own: dict[str, Any] = {"host.name": socket.gethostname(), "process.pid": os.getpid()}
    return Resource.create({**own, **({} if named else {"service.name": "runat"})})


RESOURCE: dict[int, Resource] = {}  # of this process: a forked one has another number


def span_of(event: AttemptEnded) -> ReadableSpan | None:
    """Return the span of this attempt; None where too little is known of it."""
    end, own = event.end, traceparent.of_attempt(event.job_id, event.attempt)
    if not isinstance(end, Ended) or own is None:
        return None
    started, way = end.started, end.started.way
    begun = way.locked_at if way is not None else end.execute_at or end.finished_at
    stamps: list[tuple[str, datetime | None]] = [("due", started.due), ("started", end.execute_at)]
    attributes: dict[str, Any] = {
        "runat.job.id": event.job_id,
        "runat.attempt": event.attempt,
        "runat.target": event.target,
        "runat.outcome": event.outcome,
    }
    if way is not None:
        attributes["runat.queue"] = way.queue
        stamps += [("created", way.created_at), ("listed", way.listed_at), ("armed", way.locked_at)]
        stamps += [("published", _moment(way.published_at)), ("received", _moment(way.received_at))]
    if event.delay is not None:
        attributes["runat.delay_ms"] = round(event.delay * 1000, 3)
    if started.target == "http":
        connection, phases = _phases(end)
        attributes |= connection
        stamps += phases
    stamps.append(("ended", end.finished_at))
    known = sorted((at, name) for name, at in stamps if at is not None)
    return ReadableSpan(
        f"attempt {event.target}",
        context=_context(own, remote=False),
        resource=RESOURCE.get(os.getpid()) or RESOURCE.setdefault(os.getpid(), _resource()),
        attributes=attributes,
        events=[Event(name, timestamp=_ns(at)) for at, name in known],
        links=[] if started.traceparent is None else [Link(_context(started.traceparent, remote=True))],
        kind=SpanKind.CONSUMER,
        status=Status(StatusCode.OK) if end.outcome == State.COMPLETED else _failed(event),
        start_time=_ns(min(begun, end.finished_at)),
        end_time=_ns(end.finished_at),
        instrumentation_scope=SCOPE,
    )


def _failed(event: AttemptEnded) -> Status:
    return Status(StatusCode.ERROR, event.error[:LONGEST])


def _context(value: str, *, remote: bool) -> SpanContext:
    _, trace, span, flags = value.split("-")
    return SpanContext(int(trace, 16), int(span, 16), is_remote=remote, trace_flags=TraceFlags(int(flags, 16)))


def _phases(end: Ended) -> tuple[dict[str, Any], list[tuple[str, datetime | None]]]:
    """Return what is known of an HTTP job's connection, and when the phases of its request were done."""
    try:
        kept = json.loads(end.result or "{}")
        ms = {str(name): float(value) for name, value in kept["ms"].items()}
        connection = kept.get("connection")
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}, []
    at = end.execute_at
    found: list[tuple[str, datetime | None]] = [
        (f"http.{name}", at + timedelta(milliseconds=ms.pop(name)))
        for name in ("first_byte", "done")
        if name in ms and at is not None
    ]
    about = {f"runat.http.{name}_ms": value for name, value in ms.items()}  # of the connection, often opened ahead
    return about | ({"runat.http.connection": connection} if isinstance(connection, str) else {}), found


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else EPOCH + timedelta(seconds=seconds)


def _ns(moment: datetime) -> int:
    return (moment - EPOCH) // US * 1000
