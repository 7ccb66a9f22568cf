"""Requests to a real server: what is sent, what is kept, and what is known when there is no answer."""

import gc
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs import targets
from jobs.clock import clock, steady
from jobs.targets import Context, OutcomeUnknown, TargetFailed
from jobs.targets.execution import Execution
from jobs.targets.http import connections
from tests.http.server import serving

CTX = Context(job_id=7, attempt=2, run_at=datetime(2030, 1, 1, tzinfo=UTC))


def call(url, **request):
    return targets.find("http").bind({"url": url, **request}, CTX)()


def test_it_sends_what_was_asked_for_and_who_asks(server):
    kept = call(f"{server.url}/ok?a=1", json={"order": 7, "name": "Ä"}, headers={"X-Team": "payroll"})
    (seen,) = server.counts.requests
    assert (seen.method, seen.path) == ("POST", "/ok?a=1")
    assert json.loads(seen.body) == {"order": 7, "name": "Ä"}
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["x-team"] == "payroll"
    assert (seen.headers["job-id"], seen.headers["attempt"]) == ("7", "2")
    assert seen.headers["idempotency-key"] == "runat-job-7"
    assert seen.headers["host"] == f"localhost:{server.server_port}"
    assert "webhook-signature" not in seen.headers, "without a key"
    assert (kept["status"], kept["body"], kept["bytes"]) == (200, '{"fine": true}', 14)
    assert kept["connection"] == "new"
    assert 0 <= kept["ms"]["connect"] <= kept["ms"]["first_byte"] <= kept["ms"]["done"]


@pytest.mark.parametrize(
    ("request_", "kind", "body"),
    [
        ({"form": {"a": "1 2", "b": "ü"}}, "application/x-www-form-urlencoded", b"a=1+2&b=%C3%BC"),
        ({"text": "plain"}, "text/plain; charset=utf-8", b"plain"),
        ({"text": "<a/>", "headers": {"content-type": "text/xml"}}, "text/xml", b"<a/>"),
        ({"method": "GET"}, None, b""),
    ],
)
def test_the_bodies(server, request_, kind, body):
    call(server.url, **request_)
    (seen,) = server.counts.requests
    assert (seen.headers.get("content-type"), seen.body) == (kind, body)


def test_a_hundred_jobs_to_one_host_cost_one_handshake(secure_server):
    kept = [call(secure_server.url) for _ in range(100)]
    assert (secure_server.counts.connections, secure_server.counts.handshakes) == (1, 1)
    assert len(secure_server.counts.requests) == 100
    assert [one["connection"] for one in kept] == ["new"] + 99 * ["kept"]
    assert kept[0]["ms"]["connect"] <= kept[0]["ms"]["tls"] <= kept[0]["ms"]["first_byte"]


def test_a_server_that_nobody_vouches_for_is_not_called(secure_server, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(TargetFailed, match=r"Nothing was sent: .*certificate") as failed:
        call(secure_server.url)
    assert not isinstance(failed.value, OutcomeUnknown)
    assert secure_server.counts.requests == []


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_an_answer_that_was_not_expected_has_failed(server, status):
    with pytest.raises(TargetFailed, match=f"Answered with status {status}") as failed:
        call(f"{server.url}/status/{status}")
    assert not isinstance(failed.value, OutcomeUnknown)
    assert (failed.value.result["status"], failed.value.result["body"]) == (status, "as you like")
    assert failed.value.kinds == (str(status), f"{status // 100}xx")


def test_what_was_expected_has_not(server):
    assert call(f"{server.url}/status/409", expect=[200, 409])["status"] == 409
    with pytest.raises(TargetFailed, match="status 201"):
        call(f"{server.url}/status/201", expect=[200])


def test_a_redirect_is_not_followed(server):
    with pytest.raises(TargetFailed, match="redirects are not followed"):
        call(f"{server.url}/redirect")
    assert len(server.counts.requests) == 1


def test_sent_and_not_answered_in_time_is_unknown(server):
    with pytest.raises(OutcomeUnknown, match="Sent, but not answered"):
        call(f"{server.url}/silence/5", timeout=0.5)
    assert len(server.counts.requests) == 1, "and is not sent again"


def test_a_server_that_hangs_up_leaves_it_unknown(server):
    with pytest.raises(OutcomeUnknown):
        call(f"{server.url}/hangup")
    assert len(server.counts.requests) == 1
    assert call(server.url)["status"] == 200, "the next one has a new connection"


def test_nobody_there_is_certain():
    with pytest.raises(TargetFailed, match="Nothing was sent") as failed:
        call("http://127.0.0.1:1/")
    assert not isinstance(failed.value, OutcomeUnknown)
    assert failed.value.kinds == ("unsent",)
    assert failed.value.result == {"connection": None, "ms": {}}


def test_of_a_long_answer_the_beginning_is_kept(server):
    kept = call(f"{server.url}/big/100000")
    assert (len(kept["body"]), kept["bytes"]) == (8192, 100000)
    kept = call(f"{server.url}/big/9000000")
    assert (len(kept["body"]), kept["bytes"]) == (8192, None)
    assert call(server.url)["connection"] == "new", "a connection whose answer was not read to its end is closed"


def test_a_deadline_ends_it_before_its_own_timeout(server):
    soon = clock.now() + timedelta(seconds=0.3)
    ctx = Context(job_id=7, attempt=2, run_at=clock.now(), deadline=soon, limit=1)
    begun = steady()
    with pytest.raises(OutcomeUnknown, match="not answered"):
        targets.find("http").bind({"url": f"{server.url}/silence/5", "timeout": 30.0}, ctx)()
    assert steady() - begun < 3


def bound(url, **request):
    ctx = replace(CTX, execution=Execution(), due=clock.now() + timedelta(seconds=0.5))
    return targets.find("http").bind({"url": url, **request}, ctx)


def test_the_connection_is_there_before_the_instant_and_the_request_is_not(secure_server):
    body = bound(secure_server.url)
    body.load()
    until = steady() + 10
    while not secure_server.counts.handshakes:  # it counts when we have gone on already
        assert steady() < until
    assert secure_server.counts.requests == []
    kept = body()
    assert (secure_server.counts.handshakes, len(secure_server.counts.requests)) == (1, 1)
    assert kept["connection"] == "new"
    assert kept["ms"].keys() == {"connect", "tls", "first_byte", "done"}


def test_two_of_one_instant_have_a_connection_each_and_leave_both_to_the_next(server):
    bodies = [bound(server.url) for _ in range(2)]
    for body in bodies:
        body.load()
    assert [body()["connection"] for body in bodies] == ["new", "new"]
    bodies = [bound(server.url) for _ in range(2)]
    for body in bodies:
        body.load()
    assert [body()["connection"] for body in bodies] == ["kept", "kept"]
    assert server.counts.connections == 2


def test_a_connection_that_has_ended_while_the_job_was_armed_is_opened_again(server, monkeypatch):
    call(server.url)
    body = bound(server.url)
    body.load()
    answers = iter([False])
    monkeypatch.setattr(connections.Line, "stands", lambda line, ahead=0.0: next(answers, True))
    assert body()["connection"] == "new"
    assert server.counts.connections == 2


def test_whoever_cannot_connect_ahead_of_the_instant_tries_again_at_it(settings):
    with serving() as server:
        url = server.url
    body = bound(url)
    body.load()  # nobody is there, and that is no failure yet
    with pytest.raises(TargetFailed, match="Nothing was sent"):
        body()


def test_the_connection_of_a_job_that_was_stopped_before_its_instant_is_closed(server):
    body = bound(server.url)
    body.load()
    line = body._context.prepared._line
    del body
    gc.collect()
    assert line.connection.is_closed()
    assert server.counts.requests == []
