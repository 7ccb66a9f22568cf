"""Kept connections: bounded, given up before their peer gives them up, and never a request twice."""

import resource
import socket
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from jobs import targets
from jobs.clock import clock
from jobs.targets import Context, OutcomeUnknown, TargetFailed
from jobs.targets.http import connections
from tests.http.raw import listening, request_of

CTX = Context(job_id=7, attempt=2, run_at=datetime(2030, 1, 1, tzinfo=UTC))
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n%s\r\nok"


class Keeping:
    """Answers requests on its connections as long as they come. `last` is what happens after so many of them."""

    def __init__(self, header=b"", most=None, last=lambda connection: None):
        self.header, self.most, self.last, self.got, self.connections = header, most, last, [], 0

    def __call__(self, connection):
        self.connections += 1
        served = 0
        while request := request_of(connection):
            self.got.append(request)
            connection.sendall(FINE % self.header)
            served += 1
            if served == self.most:
                self.last(connection)
                return


def call(port, **request):
    return targets.find("http").bind({"url": f"http://127.0.0.1:{port}/", "timeout": 10.0, **request}, CTX)()


def test_idle_connections_are_a_quarter_of_the_descriptors_at_most(monkeypatch):
    monkeypatch.setattr(connections.resource, "getrlimit", lambda which: (256, 4096))
    assert connections.most_idle() == 64
    monkeypatch.setattr(connections.resource, "getrlimit", lambda which: (resource.RLIM_INFINITY, 4096))
    assert connections.most_idle() == 512


def test_the_oldest_idle_connection_goes_where_there_are_too_many(monkeypatch):
    monkeypatch.setattr(connections, "most_idle", lambda: 3)
    with ExitStack() as stack:
        ports = [stack.enter_context(listening(Keeping(b"Keep-Alive: timeout=60\r\n"))) for _ in range(5)]
        for port in ports:
            call(port)
        assert len(connections.of_process()) == 3
        assert [call(port)["connection"] for port in reversed(ports)] == ["kept"] * 3 + ["new"] * 2


def test_failures_leave_no_connection_open():
    """Its peer must see the end of each."""
    over = threading.Event()

    def silent(connection):
        request_of(connection)
        connection.settimeout(5)
        if connection.recv(1) == b"":
            over.set()

    with listening(silent) as port:
        with pytest.raises(OutcomeUnknown):
            call(port, timeout=0.2)
        assert over.wait(5)
    assert len(connections.of_process()) == 0


@pytest.mark.parametrize(
    ("hint", "seconds"),
    [
        ("timeout=5", 4),
        ("timeout=5, max=100", 4),
        ("max=100, timeout = 20", 19),
        ("timeout=1", 0),
        ("timeout=0", 0),
        ("timeout=3600", 60),
        ("max=100", 1),
        (None, 1),
    ],
)
def test_how_long_a_connection_is_kept(hint, seconds):
    assert connections.kept_for(hint) == seconds


def test_one_whose_peer_is_about_to_close_it_is_not_used():
    server = Keeping(b"Keep-Alive: timeout=1\r\n")
    with listening(server) as port:
        assert [call(port)["connection"] for _ in range(3)] == ["new"] * 3
    assert server.connections == 3


def test_one_that_would_be_over_at_the_instant_is_not_taken_ahead_of_it(monkeypatch):
    monkeypatch.setattr(connections, "UNTOLD", 1.0)
    with listening(Keeping()) as port:
        call(port)
        due = clock.now() + timedelta(seconds=1.2)
        body = targets.find("http").bind({"url": f"http://127.0.0.1:{port}/"}, Context(7, 1, due, due=due))
        body.load()
        assert body._context.prepared._line.kept is False
        assert body()["connection"] == "new"


def test_idle_connections_end_although_no_job_comes(monkeypatch):
    monkeypatch.setattr(connections, "UNTOLD", 0.1)
    with listening(Keeping()) as port:
        call(port)
        until = time.monotonic() + 10
        while len(connections.of_process()):
            assert time.monotonic() < until
            time.sleep(0.02)


def test_a_request_that_certainly_did_not_arrive_is_sent_on_a_connection_of_its_own(monkeypatch):
    """The peer's end was on its way when we looked: it closed before our request."""
    closed = threading.Event()

    def last(connection):
        connection.close()
        closed.set()

    server = Keeping(b"Keep-Alive: timeout=60\r\n", most=1, last=last)
    with listening(server) as port:
        call(port)
        assert closed.wait(5)
        monkeypatch.setattr(connections.Line, "stands", lambda line, ahead=0.0: True)
        kept = call(port)
    assert (kept["status"], kept["connection"]) == (200, "new")
    assert len(server.got) == 2


def test_a_request_that_may_have_arrived_is_not_sent_again():
    """It was read; then the connection ended."""
    got = []

    def handle(connection):
        for served in range(2):
            got.append(request_of(connection))
            if served == 0:
                connection.sendall(FINE % b"Keep-Alive: timeout=60\r\n")

    with listening(handle) as port:
        call(port)
        with pytest.raises(OutcomeUnknown, match="Sent, but not answered"):
            call(port)
        assert len(got) == 2


def test_a_reset_proves_nothing():
    """A peer that has read the request and dies resets the connection too."""
    got = []

    def handle(connection):
        for served in range(2):
            got.append(request_of(connection))
            if served == 0:
                connection.sendall(FINE % b"Keep-Alive: timeout=60\r\n")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    with listening(handle) as port:
        call(port)
        with pytest.raises(OutcomeUnknown):
            call(port)
        assert len(got) == 2


def test_a_post_a_moment_after_each_idle_timeout_is_never_lost():
    """A server that says nothing of its timeout and closes after 1.2 s, and a job each 1.2 s."""

    def handle(connection):
        connection.settimeout(1.2)
        while request_of(connection):
            connection.sendall(FINE % b"")

    with listening(handle) as port:
        outcomes = []
        for _ in range(4):
            try:
                outcomes.append(call(port)["status"])
            except TargetFailed as error:
                outcomes.append(str(error))
            time.sleep(1.2)
    assert outcomes == [200] * 4
