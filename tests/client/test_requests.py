"""Both clients send the same requests, and read the same answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx2
import pytest

from jobs.client import Client, Refused, Unreachable, calls
from jobs.client.connection import Connection
from tests.client.conftest import URL, Ask, Server, job, problem


def test_a_job_is_created_as_whoever_the_token_says(ask: Ask):
    server = Server(httpx2.Response(201, json=job()))
    at = datetime(2099, 1, 1, 9, tzinfo=UTC)

    created, is_new = ask(server, "create", {"target": "demo.sleep", "run_at": at})

    (sent,) = server.asked
    assert (created["id"], is_new) == (7, True)
    assert (sent.method, str(sent.url)) == ("POST", f"{URL}/api/v1/jobs/")
    assert sent.headers["Authorization"] == "Bearer secret"
    assert json.loads(sent.content) == {"target": "demo.sleep", "run_at": "2099-01-01T09:00:00+00:00"}
    assert sent.headers["Idempotency-Key"].startswith('"')


def test_the_earlier_job_of_a_key_is_not_new(ask: Ask):
    server = Server(httpx2.Response(200, json=job()))

    assert ask(server, "create", {"target": "demo.sleep"}, idempotency_key='a "b"')[1] is False
    assert server.asked[0].headers["Idempotency-Key"] == '"a \\"b\\""'


def test_a_key_that_no_header_can_have_is_refused_before_it_is_sent(ask: Ask):
    server = Server(httpx2.Response(200, json=job()))

    with pytest.raises(ValueError, match="printable characters of ASCII"):
        ask(server, "create", {"target": "demo.sleep"}, idempotency_key="ä\n")
    assert server.asked == []


@pytest.mark.parametrize(
    ("method", "args", "sent", "address"),
    [
        ("edit", (7, {"queue": "mail"}), {"queue": "mail"}, ("PATCH", "7/")),
        ("reschedule", (7, "2099-01-01T00:00:00Z"), {"run_at": "2099-01-01T00:00:00Z"}, ("PATCH", "7/")),
        ("cancel", (7,), {"reason": ""}, ("POST", "7/cancel/")),
        ("retry", (7,), {"reason": ""}, ("POST", "7/retry/")),
        ("run_now", (7,), {}, ("POST", "7/run-now/")),
    ],
)
def test_verbs_go_to_their_addresses(ask: Ask, method, args, sent, address):
    server = Server(httpx2.Response(200, json=job()))

    assert ask(server, method, *args)["id"] == 7

    (asked,) = server.asked
    assert (asked.method, asked.url.path) == (address[0], f"/at/api/v1/jobs/{address[1]}")
    assert json.loads(asked.content) == sent


def test_an_edit_names_the_version_that_was_seen(ask: Ask):
    server = Server(httpx2.Response(200, json=job()))

    ask(server, "edit", 7, {"queue": "mail"}, version=3)

    assert server.asked[0].headers["If-Match"] == '"3"'


def test_a_list_is_followed_by_its_query_and_never_to_another_host(ask: Ask):
    following = "http://elsewhere.example/api/v1/jobs/?cursor=abc&label=a%3A1&label=b%3A2&page_size=200"
    server = Server(
        httpx2.Response(200, json={"next": following, "previous": None, "results": [job(id=3), job(id=2)]}),
        httpx2.Response(200, json={"next": None, "previous": None, "results": [job(id=1)]}),
    )

    found = ask(server, "jobs", "queue:mail", label=["a:1", "b:2"])

    assert [one["id"] for one in found] == [3, 2, 1]
    first, second = server.asked
    assert first.url.params.get_list("label") == ["a:1", "b:2"]
    assert first.url.params["q"] == "queue:mail"
    assert second.url.host == "runat.example"
    assert second.url.params.get_list("label") == ["a:1", "b:2"]
    assert second.url.params["cursor"] == "abc"


def test_a_list_ends_at_its_limit_and_asks_for_no_more(ask: Ask):
    rows = [job(id=number) for number in range(5, 0, -1)]
    server = Server(httpx2.Response(200, json={"next": f"{URL}/?cursor=a", "previous": None, "results": rows}))

    assert [one["id"] for one in ask(server, "jobs", limit=5)] == [5, 4, 3, 2, 1]
    assert len(server.asked) == 1


def test_many_are_created_in_one_request(ask: Ask):
    server = Server(httpx2.Response(201, json={"ids": [1, 2]}))

    assert ask(server, "create_many", [{"target": "demo.sleep"}, {"target": "demo.log"}]) == [1, 2]


def test_a_refusal_has_rests_kind_and_sentences(ask: Ask):
    errors = [{"field": "queue", "message": "Too long."}, {"field": "queue", "message": "Wrong."}]
    server = Server(problem(400, "invalid", errors=errors, wrong=1))

    with pytest.raises(Refused, match=r"This is invalid\.") as raised:
        ask(server, "create", {"target": "demo.sleep"})

    assert raised.value.kind == "invalid"
    assert raised.value.problems == {"queue": ["Too long.", "Wrong."]}
    assert raised.value.more == {"wrong": 1}


def test_what_is_not_runat_is_said(ask: Ask):
    server = Server(httpx2.Response(302, headers={"Location": "https://login.example"}, text="moved"))

    with pytest.raises(Unreachable, match=r"302, and not by RunAt: look whether https://runat.example/at is its"):
        ask(server, "job", 7)
    assert len(server.asked) == 1


def test_a_job_is_waited_for_with_that_which_it_has_joined(ask: Ask):
    server = Server(
        httpx2.Response(200, json=job(state_name="running")),
        httpx2.Response(200, json=job(state_name="skipped", joined_id=9)),
        httpx2.Response(200, json=job(id=9, state_name="completed")),
    )

    assert ask(server, "wait", 7, 60.0)["id"] == 9


def test_a_wait_ends_in_time(ask: Ask):
    server = Server(httpx2.Response(200, json=job(state_name="running")))

    with pytest.raises(TimeoutError, match="Job 7 has not ended within 0 s; it is running"):
        ask(server, "wait", 7, 0.0)


@pytest.mark.parametrize(
    ("own", "read"),
    [(httpx2.Timeout(30.0), 300.0), (httpx2.Timeout(900.0), 900.0), (httpx2.Timeout(5.0, read=None), None)],
)
def test_only_the_answer_about_a_file_may_take_long(own: httpx2.Timeout, read: float | None):
    asked = Connection(URL, "secret").request

    assert asked(calls.workers(), own)["timeout"] == own
    of_file = asked(calls.import_jobs(b"target\n", "text/csv"), own)["timeout"]
    assert of_file == httpx2.Timeout(connect=own.connect, read=read, write=own.write, pool=own.pool)


def test_a_clients_own_timeout_is_that_of_its_requests(ask: Ask):
    server = Server(httpx2.Response(200, json={"ids": [], "wrong": 0, "errors": []}))

    ask(server, "import_jobs", b"target\n", "text/csv")

    assert server.asked[0].extensions["timeout"] == {"connect": 30.0, "read": 300.0, "write": 30.0, "pool": 30.0}


@pytest.mark.parametrize(
    ("url", "token"), [("runat.example", "t"), ("ftp://x", "t"), (URL, ""), (URL, "a b"), (URL, "ä")]
)
def test_an_address_or_token_that_is_none_is_refused_at_once(url, token):
    with pytest.raises(ValueError, match=r"no (address|token)"):
        Client(url, token)
