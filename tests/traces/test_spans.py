"""A span for each attempt: the root of its own trace, linked to whoever created the job, with our stamps as events."""

from __future__ import annotations

import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.trace import StatusCode

from jobs import traceparent, transitions
from jobs.clock import clock
from jobs.events import emit
from jobs.events.attempts import AttemptCompleted
from jobs.models import Attempt, Job, Worker
from jobs.publishing import messages
from jobs.scheduler.rescue import rescue
from jobs.states import State
from jobs.transitions import AcquireRequest, Ended, Started, WorkerIdentity
from jobs.worker.receive.reading import published_at
from jobs.worker.record.recorder import record
from tests.api.test_traceparent import TRACE
from tests.http.conftest import fresh_pool, server
from tests.test_json_lines import of
from tests.worker.runner.steps import job, run

__all__ = ["fresh_pool", "server"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = WorkerIdentity("w1@test", uuid.uuid4())
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ns(moment):
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


def stamps(span):
    return {event.name: event.timestamp for event in span.events}


def test_it_is_linked_to_the_trace_of_the_creator_and_is_no_child_of_it(spans):
    one = job(target="demo.sleep", payload={"seconds": 0.01})
    Job.objects.filter(pk=one.pk).update(traceparent=TRACE)
    run(one)
    (span,) = spans()
    assert span.parent is None
    (link,) = span.links
    assert f"00-{link.context.trace_id:032x}-{link.context.span_id:016x}-01" == TRACE
    own = f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"
    assert own == traceparent.of_attempt(one.pk, 1)
    assert encode_spans([span]).resource_spans[0].scope_spans[0].spans[0].name == "attempt demo.sleep"


def test_it_has_the_times_of_the_ledger_and_says_whose_it_is(spans):
    one = run(job())
    (span,) = spans()
    row = Attempt.objects.get()
    assert (span.start_time, span.end_time) == (ns(row.locked_at), ns(row.finished_at))
    assert span.attributes["runat.delay_ms"] == round((row.started_at - one.run_at).total_seconds() * 1000, 3)
    said = {name: value for name, value in span.attributes.items() if name != "runat.delay_ms"}
    assert said == {
        "runat.job.id": one.pk,
        "runat.attempt": 1,
        "runat.queue": "default",
        "runat.target": "demo.noop",
        "runat.outcome": "completed",
    }
    assert not span.links
    assert span.status.status_code == StatusCode.OK
    assert span.resource.attributes["service.name"] == "runat"
    one.refresh_from_db()
    assert stamps(span) == {
        "created": ns(one.created_at),
        "armed": ns(row.locked_at),
        "due": ns(one.run_at),
        "started": ns(row.started_at),
        "ended": ns(row.finished_at),
    }


def test_the_way_of_its_message_is_told(spans):
    one = job()
    now = clock.now()
    Job.objects.filter(pk=one.pk).update(enqueued_at=now)
    sent, came = now.timestamp() + 1, now.timestamp() + 2
    asked = AcquireRequest(one.pk, 1, uuid.uuid4(), None, (sent, came))
    (started,) = transitions.acquire([asked], worker=WORKER, now=now, due_before=now + timedelta(seconds=1)).started
    record([Ended(started, State.COMPLETED, at := clock.now(), at)])
    (span,) = spans()
    assert [stamps(span)[name] for name in ("listed", "published", "received")] == [
        ns(now),
        ns(now + timedelta(seconds=1)),
        ns(now + timedelta(seconds=2)),
    ]
    assert [event.timestamp for event in span.events] == sorted(stamps(span).values())


def test_a_failure_is_an_error_with_its_words(spans):
    run(job(target="demo.fail"))
    (span,) = spans()
    assert span.status.status_code == StatusCode.ERROR
    assert span.status.description == "DemoFailure: demo.fail was asked to fail"
    assert span.attributes["runat.outcome"] == "failed"


def test_an_attempt_whose_worker_is_lost_has_one_too(spans):
    now = clock.now()
    one = Job.objects.create(target="demo.noop", payload={}, run_at=now, traceparent=TRACE)
    asked = AcquireRequest(one.pk, 1, uuid.uuid4())
    transitions.acquire([asked], worker=WORKER, now=now, due_before=now + timedelta(seconds=1))
    silent = {"pool": "thread", "slots": 5, "heartbeat_at": now - timedelta(seconds=60)}
    Worker.objects.create(name="w1@test", session=WORKER.session, pid=1, **silent)
    assert rescue(now=now, patience=timedelta(seconds=20), watching_since=now - timedelta(hours=1)) == 1
    (span,) = spans()
    assert (span.attributes["runat.outcome"], len(span.links)) == ("interrupted", 1)
    assert "started" not in stamps(span)


def test_the_request_of_an_http_job_carries_its_span_and_its_phases_are_events(spans, server):
    one = run(job(target="http", payload={"url": f"{server.url}/ok"}))
    (span,) = spans()
    (seen,) = server.counts.requests
    assert seen.headers["traceparent"] == traceparent.of_attempt(one.pk, 1)
    kept, at = Attempt.objects.get().result, stamps(span)
    assert at["http.first_byte"] == ns(
        Attempt.objects.get().started_at + timedelta(milliseconds=kept["ms"]["first_byte"])
    )
    assert at["http.first_byte"] <= at["http.done"]
    assert span.attributes["runat.http.connection"] == "new"
    assert span.attributes["runat.http.connect_ms"] == kept["ms"]["connect"]


def test_a_header_of_its_own_goes_before(numbered, server):
    run(job(target="http", payload={"url": f"{server.url}/ok", "headers": {"Traceparent": TRACE}}))
    assert server.counts.requests[0].headers["traceparent"] == TRACE


def test_without_spans_a_request_carries_the_trace_of_the_creator(server):
    one = job(target="http", payload={"url": f"{server.url}/ok"})
    Job.objects.filter(pk=one.pk).update(traceparent=TRACE)
    run(one)
    run(job(target="http", payload={"url": f"{server.url}/ok"}))
    assert [seen.headers.get("traceparent") for seen in server.counts.requests] == [TRACE, None]


def test_what_a_target_has_returned_may_be_anything(spans):
    start = Started(7, 1, "http", {}, at := clock.now(), at, None)
    for result in ('{"ms": 7}', '{"ms": {"done": "x"}}', "[]", "7", None):
        log = AttemptCompleted(7, 1, "http", 0.0, 0.0, end=Ended(start, State.COMPLETED, at, at, result=result))
        emit(log)
    assert len(spans()) == 5


def test_lines_of_json_name_its_trace(numbered):
    own = traceparent.of_attempt(7, 2)
    said = of(AttemptCompleted(7, 2, "demo.noop", 0.0, 0.0))
    assert (said["trace_id"], said["span_id"]) == (own[3:35], own[36:52])
    assert "end" not in said["fields"]


def test_without_spans_they_name_that_of_the_creator():
    start = Started(7, 1, "demo.noop", {}, at := clock.now(), at, None, traceparent=TRACE)
    said = of(AttemptCompleted(7, 1, "demo.noop", 0.0, 0.0, end=Ended(start, State.COMPLETED, at, at)))
    assert said["trace_id"] == TRACE[3:35]
    assert "span_id" not in said
    assert "trace_id" not in of(AttemptCompleted(7, 1, "demo.noop", 0.0, 0.0))


def test_a_message_says_when_it_was_sent_only_where_that_is_drawn(numbered, monkeypatch):
    def header():
        sent = []
        monkeypatch.setattr(messages, "_publish", lambda body, headers, queue, producer: sent.append(headers))
        messages.send(messages.Listed(7, 1, clock.now(), "default"), None)
        return sent[0].get(messages.PUBLISHED)

    assert header() == pytest.approx(clock.timestamp(), abs=60)
    monkeypatch.setattr(traceparent, "_key", None)
    assert header() is None


@pytest.mark.parametrize("said", [None, "1", True, -1.0, float("nan"), 1e300])
def test_what_a_message_says_of_it_may_be_anything(said):
    message = type("Message", (), {"headers": {messages.PUBLISHED: said}})
    assert published_at(message) is None


def test_switched_off_nothing_is_read_for_it_nor_imported():
    one = job()
    now = clock.now()
    asked = AcquireRequest(one.pk, 1, uuid.uuid4())
    (started,) = transitions.acquire([asked], worker=WORKER, now=now, due_before=now + timedelta(seconds=1)).started
    assert (started.way, traceparent.of_attempt(one.pk, 1)) == (None, None)
    code = "import django, sys; django.setup(); sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, check=False, timeout=300).returncode == 0


def test_the_spans_of_an_attempt_are_numbered_alike_by_all_who_share_the_secret(monkeypatch):
    monkeypatch.setattr(traceparent, "_key", None)
    ids = []
    for secret in ("one" * 20, "one" * 20, "other" * 20):
        traceparent.number_by(secret)
        ids.append(traceparent.of_attempt(7, 1))
    assert ids[0] == ids[1] != ids[2]
    assert traceparent.problems(ids[0]) == []
    assert (
        len({ids[0], traceparent.of_attempt(71, 1), traceparent.of_attempt(7, 11), traceparent.of_attempt(7, 2)}) == 4
    )
