"""Requests are sent again where nothing can be done twice by it."""

from __future__ import annotations

import httpx2
import pytest

from jobs.client import Refused, Retries, Unreachable
from tests.client.conftest import Ask, Server, job, problem

REFUSED = httpx2.ConnectError("refused")
CUT = httpx2.ReadError("cut")
OK = httpx2.Response(200, json=job())


@pytest.mark.parametrize("lost", [REFUSED, CUT, httpx2.ReadTimeout("slow"), problem(503, "database-away")])
def test_what_creates_is_sent_again_with_the_same_key(ask: Ask, lost):
    server = Server(lost, OK)

    ask(server, "create", {"target": "demo.sleep"})

    first, second = (request.headers["Idempotency-Key"] for request in server.asked)
    assert first == second
    assert server.asked[0].content == server.asked[1].content


def test_a_key_that_is_still_in_use_is_asked_again(ask: Ask):
    server = Server(problem(409, "key-in-use"), OK)

    assert ask(server, "create", {"target": "demo.sleep"})[1] is False


@pytest.mark.parametrize("method", ["cancel", "retry", "run_now"])
@pytest.mark.parametrize("lost", [CUT, httpx2.ReadTimeout("slow")])
def test_a_verb_whose_answer_was_lost_is_not_sent_again(ask: Ask, method, lost):
    server = Server(lost, OK)

    with pytest.raises(Unreachable, match="Whether it was done is not known"):
        ask(server, method, 7)
    assert len(server.asked) == 1


def test_a_verb_that_was_not_sent_is_sent_again(ask: Ask):
    server = Server(REFUSED, problem(429, "too-fast"), OK)

    assert ask(server, "cancel", 7)["id"] == 7
    assert len(server.asked) == 3


def test_another_conflict_is_an_answer(ask: Ask):
    server = Server(problem(409, "conflict"), OK)

    with pytest.raises(Refused) as raised:
        ask(server, "cancel", 7)
    assert raised.value.kind == "conflict"
    assert len(server.asked) == 1


def test_it_gives_up_after_so_many(ask: Ask):
    server = Server(REFUSED)

    with pytest.raises(Unreachable, match=r"does not answer \(refused\)"):
        ask(server, "job", 7)
    assert len(server.asked) == 3


def test_the_last_refusal_is_the_answer(ask: Ask):
    server = Server(problem(503, "database-away"))

    with pytest.raises(Refused) as raised:
        ask(server, "job", 7)
    assert raised.value.kind == "database-away"
    assert len(server.asked) == 3


def test_the_server_says_when():
    retries = Retries(first=0.5, longest=30.0)

    pause = retries.after_answer(429, {"Retry-After": "7"}, 1, repeatable=False)
    assert pause is not None
    assert 7 <= pause <= 7.5
    assert (retries.after_answer(429, {"Retry-After": "900"}, 1, repeatable=False) or 0) <= 30.5


def test_pauses_grow_and_are_bounded():
    retries = Retries(attempts=20, first=1.0, longest=8.0)

    longest = [
        max(retries.after_error(REFUSED, number, repeatable=True) or 0 for _ in range(200)) for number in (1, 2, 3, 9)
    ]
    assert longest == sorted(longest)
    assert longest[0] <= 1.0
    assert longest[-1] <= 8.0
