"""Spans wait for their collector, and nobody waits for them."""

from __future__ import annotations

import os
import threading

import pytest

from jobs import traces
from jobs.events import subscribe
from jobs.events.traces import SpansDropped, SpansNotSent
from jobs.models import Job
from jobs.states import State
from jobs.traces import outbox as room
from jobs.traces.outbox import Outbox
from jobs.traces.spans import exporter
from tests.traces.conftest import Kept
from tests.worker.arm.conftest import worker
from tests.worker.arm.steps import ended, job, wait_for

__all__ = ["worker"]  # a fixture


class Silent(Kept):
    """A collector that does not answer until it is let."""

    def __init__(self):
        super().__init__()
        self.asked, self.go = threading.Event(), threading.Event()

    def export(self, spans):
        self.asked.set()
        assert self.go.wait(60)
        super().export(spans)


@pytest.fixture
def heard():
    found = []
    end = subscribe(lambda event: found.append(event) if isinstance(event, SpansDropped | SpansNotSent) else None)
    yield found
    end()


@pytest.fixture
def silent(monkeypatch):
    monkeypatch.setattr(room, "EVERY", 0.01)
    silent = Silent()
    yield silent
    silent.go.set()


@pytest.mark.django_db(transaction=True)
def test_jobs_start_and_end_while_the_collector_does_not_answer(silent, numbered, worker):
    leave = traces.watch(lambda: silent)
    try:
        w, jobs = worker(), [job(), job(), job()]
        w.deliver(*jobs)
        wait_for(lambda: ended(*jobs))
        assert silent.asked.wait(60), "it was asked, and has not answered"
        more = [job() for _ in range(5)]
        w.deliver(*more)
        wait_for(lambda: ended(*more))
        w.stop()
        assert silent.spans == []
        assert set(Job.objects.values_list("state", flat=True)) == {State.COMPLETED}
        silent.go.set()
        wait_for(lambda: len(silent.spans) == 8)
    finally:
        silent.go.set()
        leave()


def test_what_does_not_fit_is_dropped_and_counted(silent, heard, monkeypatch):
    monkeypatch.setattr(room, "MOST", 3)
    box = Outbox(lambda: silent)
    box.put(0)
    assert silent.asked.wait(60)
    for number in range(1, 8):  # nothing of it waits
        box.put(number)
    silent.go.set()
    box.stop(60)
    assert silent.spans == [0, 1, 2, 3]
    assert heard == [SpansDropped(4)]


def test_a_collector_that_is_away_is_told_of_once_a_minute(heard, monkeypatch):
    monkeypatch.setattr(room, "BATCH", 1)

    class Away(Kept):
        def export(self, spans):
            raise OSError("nobody there")

    box = Outbox(Away)
    for number in range(3):
        box.put(number)
    box.stop(60)
    assert heard == [SpansNotSent(1, "OSError('nobody there')")]


def test_the_real_exporter_gives_up_where_nobody_listens(heard, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    box = Outbox(exporter)
    box.put(_span())
    box.stop(60)
    assert [(type(event), event.spans) for event in heard] == [(SpansNotSent, 1)]


def test_a_process_that_ends_does_not_wait_for_a_collector_that_does_not_answer(silent):
    box = Outbox(lambda: silent)
    box.put(0)
    assert silent.asked.wait(60)
    box.stop(0.01)
    assert box._thread.is_alive(), "it is left alone, and has sent nothing"
    assert silent.spans == []


def test_a_forked_process_sends_its_own_and_nothing_of_its_parents(monkeypatch):
    kept = Kept()
    box = Outbox(lambda: kept)
    box._waiting.append("of the parent, whose thread is not here")
    monkeypatch.setattr(os, "getpid", lambda: -1)
    box.put("own")
    box.stop(60)
    assert kept.spans == ["own"]


def _span():
    from opentelemetry.sdk.trace import ReadableSpan  # noqa: PLC0415
    from opentelemetry.trace import SpanContext, TraceFlags  # noqa: PLC0415

    return ReadableSpan("x", context=SpanContext(1, 1, False, TraceFlags(1)), start_time=1, end_time=2)
