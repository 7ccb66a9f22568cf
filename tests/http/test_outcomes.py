"""The outcome is what was read of the answer, not which exception came while it was read."""

import socket
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from jobs import targets
from jobs.targets import Context, OutcomeUnknown, TargetFailed
from jobs.targets.execution import Execution
from jobs.targets.http.answer import Answer, status_of
from tests.http.raw import answering, listening, request_of

CTX = Context(job_id=7, attempt=2, run_at=datetime(2030, 1, 1, tzinfo=UTC))
SHORT = b'HTTP/1.1 %d Whatever\r\nContent-Length: 100\r\n\r\n{"half": '
ILLEGAL = b"HTTP/1.1 %d Whatever\r\nno header at all\r\nContent-Length: 2\r\n\r\nok"


def call(port, **request):
    return targets.find("http").bind({"url": f"http://127.0.0.1:{port}/", "timeout": 10.0, **request}, CTX)()


def failed(port, **request):
    with pytest.raises(TargetFailed) as found:
        call(port, **request)
    return found.value


@pytest.mark.parametrize(("answer", "body"), [(SHORT, '{"half": '), (ILLEGAL, "")])
def test_a_good_status_is_a_success_although_the_rest_was_cut(answer, body):
    with listening(answering(answer % 200)) as port:
        kept = call(port)
    assert (kept["status"], kept["body"], kept["bytes"]) == (200, body, None)
    assert kept["cut"], "and it is said"


@pytest.mark.parametrize("answer", [SHORT, ILLEGAL, b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + ILLEGAL])
def test_another_status_has_failed_by_the_names_that_a_retry_is_asked_by(answer):
    with listening(answering(answer % 500)) as port:
        error = failed(port)
    assert not isinstance(error, OutcomeUnknown)
    assert error.kinds == ("500", "5xx")
    assert (error.result["status"], error.result["connection"]) == (500, "new")
    assert "Answered with status 500; its body was cut: " in str(error)


@pytest.mark.parametrize("status", [200, 500])
def test_a_body_that_does_not_end_in_time_leaves_its_status(status):
    def drip(connection):
        request_of(connection)
        connection.sendall(b"HTTP/1.1 %d X\r\nContent-Type: text/event-stream\r\n\r\n" % status)
        while True:
            connection.sendall(b"data: 1\n\n")
            time.sleep(0.05)

    with listening(drip) as port:
        kept = call(port, timeout=0.4) if status == 200 else failed(port, timeout=0.4).result
    assert kept["status"] == status
    assert kept["body"].startswith("data: 1")
    assert kept["cut"] == "the time for this request is over"


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 ", b"HTTP/1.1 20", b"nonsense\r\n\r\n", b"HTTP/1.1 103 Early\r\n\r\n"]
)
def test_without_a_status_nobody_knows(answer):
    with listening(answering(answer)) as port:
        error = failed(port)
    assert isinstance(error, OutcomeUnknown)
    assert str(error).startswith("Sent, but not answered: ")


ESTABLISHED = "01"


def is_connected(port):
    """Whether the kernel has a connection to this port of 127.0.0.1 that is open."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return any(row[2].endswith(f":{port:04X}") and row[3] == ESTABLISHED for row in rows)


def wait_until_reset(port):
    """Wait until this side has heard of it, which on a busy machine is a moment later. One look can miss a row of a
    table that changes meanwhile."""
    missed = 0
    while missed < 20:
        missed = 0 if is_connected(port) else missed + 1
        time.sleep(0.002)


def test_a_connection_that_was_reset_before_a_byte_was_written_is_certain(monkeypatch):
    """A new connection on which nothing could be written: nothing was sent, whatever the reading said."""

    slammed = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def slam():
        connection, _ = server.accept()
        server.close()  # a second connection, which might be written to before it is reset, is refused
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()
        slammed.set()

    with closing(server):
        threading.Thread(target=slam, daemon=True).start()
        own = replace(CTX, execution=Execution())
        body = targets.find("http").bind({"url": f"http://127.0.0.1:{port}/", "timeout": 10.0}, own)
        body.load()
        assert slammed.wait(10)
        wait_until_reset(port)
        with pytest.raises(TargetFailed, match="Nothing was sent") as error:
            body()
    assert error.value.kinds == ("unsent",)


RETRY = b"HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n"


def test_the_seconds_that_it_asks_for_are_kept_and_handed_on():
    with listening(answering(RETRY % b"120")) as port:
        error = failed(port)
    assert (error.retry_after, error.result["retry_after"]) == (120, 120)
    assert "asks to wait 120 s" in str(error)


NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 7 ", 7),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300),
        (format_datetime(NOW - timedelta(minutes=5), usegmt=True), 0),
        ("Tuesday, 01-Jan-30 12:00:09 GMT", 9),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("1" * 400, None),
    ],
)
def test_both_forms_of_retry_after(text, seconds):
    assert Answer(503, {"retry-after": text}).retry_after(NOW) == seconds


def test_the_status_of_a_head_that_is_only_announced():
    assert status_of(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404\r\n") == 404
    assert status_of(b"HTTP/1.1 100 Continue\r\n\r\n") is None
    assert status_of(b"HTTP/2 200\r\n") is None
