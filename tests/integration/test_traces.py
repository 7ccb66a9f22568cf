"""Real workers, on threads and with pool children, send a span of each attempt, linked to its creator's trace."""

import json
import signal

import pytest

from jobs.models import Attempt
from tests.api.test_traceparent import OTHER, TRACE
from tests.http.server import serving
from tests.integration.conftest import all_final, wait_for
from tests.integration.steps import create
from tests.traces.collector import attributes, collecting, stamps
from tests.traces.conftest import numbered

__all__ = ["numbered"]  # a fixture

pytestmark = [pytest.mark.processes]

WAY = ["created", "listed", "published", "received", "armed", "due", "started", "ended"]


def trace(span):
    return f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01"


@pytest.fixture
def collector():
    with collecting() as collector:
        yield collector


def test_spans_of_attempts_come_to_a_collector(cluster, collector, numbered):
    """`numbered`: this process may publish, too, and says when."""
    cluster.environment |= {
        "JOBS_TRACES": "true",
        "JOBS_LOG_FORMAT": "json",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.where,
        "JOBS_HTTP_ALLOW": "127.0.0.1,::1",
    }
    cluster.beat()
    cluster.launch("threads", slots=2)
    cluster.launch("children", slots=2, pool="prefork", queues="forked")
    cluster.ready("threads", "children")
    with serving() as server:
        ends = create(6, traceparent=TRACE)
        forked = create(6, target="http", payload={"url": f"{server.url}/ok"}, queue="forked", traceparent=OTHER)
        fails = create(6, target="demo.fail")
        wait_for(lambda: all_final(ends, forked, fails), "all jobs to end")
        (seen,) = server.counts.requests
    wait_for(lambda: len(collector.spans) == 3, "three spans")
    for name in ("threads", "children"):
        cluster.stop(name, signal.SIGTERM)

    assert collector.paths == {"/v1/traces"}
    assert {resource["service.name"] for resource in collector.resources} == {"runat"}
    (of_thread,), (of_child,), (of_failure,) = (collector.of(one) for one in (ends, forked, fails))
    assert of_thread.parent_span_id == b""
    for span, created_by in ((of_thread, TRACE), (of_child, OTHER)):
        (link,) = span.links
        assert f"00-{link.trace_id.hex()}-{link.span_id.hex()}" == created_by[:52]
        assert attributes(span)["runat.outcome"] == "completed"
    assert list(of_failure.links) == []
    assert attributes(of_failure)["runat.outcome"] == "failed"
    for span in (of_thread, of_child, of_failure):
        assert sorted(name for name in stamps(span) if not name.startswith("http.")) == sorted(WAY)
        at = {event.name: event.time_unix_nano for event in span.events}
        assert at["created"] <= at["published"] <= at["armed"] <= at["started"] <= at["ended"]
    assert seen.headers["traceparent"] == trace(of_child), "the child sends what its parent draws"
    assert {"http.first_byte", "http.done"} <= set(stamps(of_child))
    row = Attempt.objects.get(job=ends)
    delay = (row.started_at - row.run_at).total_seconds() * 1000
    assert attributes(of_thread)["runat.delay_ms"] == pytest.approx(delay, abs=0.001)

    lines = [json.loads(line) for line in cluster.log("threads").splitlines()]
    (line,) = [line for line in lines if line.get("event") == "AttemptCompleted"]
    assert (line["trace_id"], line["span_id"]) == (of_thread.trace_id.hex(), of_thread.span_id.hex())
