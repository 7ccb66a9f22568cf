"""What a request may be: its size, its time; and that what is allowed still works."""

from __future__ import annotations

import http.client
import json
import socket
import time
from contextlib import suppress

import pytest
from django.conf import settings

from jobs.api import bodies
from jobs.models import Job
from tests.api.conftest import new_job

pytestmark = [pytest.mark.processes]

JOBS = "/api/v1/jobs/"


@pytest.fixture
def call(web, token):
    """A kept connection: (method, path, body, headers) to (status, headers, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", web(), timeout=60)

    def ask(method, path, body=None, **headers):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    ask.connection = connection
    yield ask
    connection.close()


def test_what_is_allowed_works_on_one_kept_connection(call):
    assert call("GET", "/healthz")[0] == 200
    kept = call.connection.sock
    for path in ("/login/", "/static/jobs/runat.svg", "/readyz", "/api/schema/"):
        status, headers, body = call("GET", path)
        assert (status, bool(body)) == (200, True), path
        assert "server" not in headers
    head = call("HEAD", "/login/")
    assert (head[0], head[2]) == (200, b"")
    whole = json.dumps(new_job()).encode()
    assert call("POST", JOBS, whole)[0] == 201
    pieces = iter([whole[:20], whole[20:]])
    status, _, body = call("POST", JOBS, pieces)
    assert status == 201, body
    assert call.connection.sock is kept
    assert Job.objects.count() == 2


@pytest.mark.parametrize("size", [1, 10_000_000])
@pytest.mark.parametrize("how", ["announced", "chunked"])
def test_a_body_that_is_too_large_is_refused_in_a_sentence(call, size, how):
    body = b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + size)
    pieces = (body[at : at + 65536] for at in range(0, len(body), 65536))
    status, headers, answer = call("POST", JOBS, body if how == "announced" else pieces)
    assert (status, headers["Content-Type"]) == (413, "application/problem+json")
    assert f"the limit is {settings.DATA_UPLOAD_MAX_MEMORY_SIZE}" in json.loads(answer)["detail"]
    assert call("GET", "/healthz")[0] == 200


def test_a_bulk_request_may_be_larger(call):
    line = json.dumps(new_job()).encode()
    body = line + b"\n" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    status, _, answer = call("POST", bodies.BULK, body, **{"Content-Type": "application/x-ndjson"})
    assert status == 201, answer
    call.connection.putrequest("POST", bodies.BULK)
    for name, value in {"Expect": "100-continue", "Content-Length": str(bodies.LARGEST + 1)}.items():
        call.connection.putheader(name, value)
    call.connection.endheaders()
    refused = call.connection.getresponse()
    assert refused.status == 413
    assert f"the limit is {bodies.LARGEST}" in json.load(refused)["detail"]


def test_who_asks_before_sending_too_much_is_told_before(web, token):
    with socket.create_connection(("127.0.0.1", web()), timeout=20) as caller:
        caller.sendall(
            b"POST /api/v1/jobs/ HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"
        )
        assert caller.recv(65536).startswith(b"HTTP/1.1 413")


def test_headers_that_are_large_or_slow_end_the_connection(web):
    port = web()
    with socket.create_connection(("127.0.0.1", port), timeout=40) as caller:
        caller.sendall(b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 100_000)
        assert caller.recv(65536).startswith(b"HTTP/1.1 400")
    slow = [socket.create_connection(("127.0.0.1", port), timeout=40) for _ in range(3)]
    slow[0].sendall(b"GET /healthz HTTP/1.1\r\nX: a")
    slow[1].sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert slow[1].recv(65536).startswith(b"HTTP/1.1 200")
    slow[1].sendall(b"GET /hea")  # the second one on a kept connection
    began = time.monotonic()
    for _ in range(30):
        time.sleep(0.5)
        try:
            slow[0].sendall(b"a")  # a byte now and then does not help
        except OSError:
            break
    assert 8 < time.monotonic() - began < 14
    assert b"408" in slow[1].recv(65536)
    assert slow[2].recv(65536), "one that says nothing is told too"
    for caller in slow:
        caller.close()


def test_who_does_not_read_is_cut_off(web):
    """Many requests at once, whose answers nobody takes."""
    port = web()
    with socket.socket() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        caller.connect(("127.0.0.1", port))
        caller.settimeout(60)
        began = time.monotonic()
        with suppress(OSError):  # reset or broken pipe, as the kernel likes
            while True:
                caller.sendall(b"GET /api/schema/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert time.monotonic() - began < 55, "by the server, not by our own patience"
