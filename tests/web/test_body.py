"""A body is read whole, at most so large and for so long; what is too much is not even kept."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from tempfile import SpooledTemporaryFile

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from project.web import body as reading
from project.web.body import Body, Gone, Refused, read_body
from project.web.threads import _content

LIMIT = 1000  # bytes
END = {"type": "http.request", "body": b"", "more_body": False}
HANG_UP = {"type": "http.disconnect"}


def part(content, *, more=True):
    return {"type": "http.request", "body": content, "more_body": more}


class Caller:
    """Sends these messages, then says nothing more."""

    def __init__(self, *messages):
        self.messages = list(messages)

    async def receive(self):
        if not self.messages:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return self.messages.pop(0)


@pytest.fixture
def kept(monkeypatch):
    """How many bytes each body was given."""
    sizes = []
    add = Body.add

    def counted(body, chunk):
        add(body, chunk)
        sizes.append(body.size)

    monkeypatch.setattr(Body, "add", counted)
    return sizes


def read(caller, *, limit=LIMIT, **headers):
    scope = {"headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]}

    async def whole():
        return await asyncio.wait_for(read_body(scope, caller.receive, limit), 20)  # a test's own patience

    return asyncio.run(whole())


def refusal(caller, **options):
    with pytest.raises(Refused) as raised:
        read(caller, **options)
    return raised.value.problem


def test_it_comes_whole_and_can_be_read_twice():
    body = read(Caller(part(b"a" * 600), part(b"b" * 400), END))
    for _ in range(2):
        assert body.read() == b"a" * 600 + b"b" * 400
        body.close()
        body.seek(0)
    assert body.size == LIMIT
    body.drop()
    assert body.closed


def test_of_one_that_is_too_large_no_more_is_kept_than_the_limit(kept):
    caller = Caller(*[part(b"a" * 600)] * 5, END)
    problem = refusal(caller)
    assert problem.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert "the limit is 1000" in problem.detail
    assert max(kept) <= LIMIT
    assert caller.messages == [], "its sender could send it all, and reads the answer now"


def test_one_that_says_so_before_is_not_kept_at_all(kept):
    refusal(Caller(part(b"a" * 600), part(b"a" * 600), END), content_length="1200")
    assert kept == []


def test_without_a_limit_any_size_will_do():
    body = read(Caller(*[part(b"a" * 600)] * 5, END), limit=None)
    assert body.size == 3000
    body.drop()


def test_one_that_does_not_end_is_not_read_for_ever(monkeypatch):
    monkeypatch.setattr(reading, "DISCARDED", 5 * LIMIT)
    caller = Caller(*[part(b"a" * 600)] * 100, END)
    assert refusal(caller).status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert len(caller.messages) > 90


def test_one_that_does_not_come_is_given_up(monkeypatch):
    monkeypatch.setattr(reading, "BODY_S", 0.05)
    assert refusal(Caller(part(b"a"))).status == HTTPStatus.REQUEST_TIMEOUT


def test_one_whose_caller_hangs_up_is_no_request():
    with pytest.raises(Gone):
        read(Caller(part(b"{}"), HANG_UP, END))


def test_an_answer_that_is_made_piece_by_piece_is_kept_in_a_file_and_sent_in_pieces(monkeypatch):
    monkeypatch.setattr(reading, "PIECE", 1000)
    rolled = []
    monkeypatch.setattr(Body, "rollover", lambda self: (rolled.append(1), SpooledTemporaryFile.rollover(self))[1])
    made = _content(StreamingHttpResponse(b"x" * 999 for _ in range(100)))
    assert rolled
    with made.read_again() as pieces:
        sizes = [len(piece) for piece in pieces]
    assert (sum(sizes), max(sizes)) == (99_900, 1000)
    assert made.closed
    assert _content(HttpResponse("whole")) == b"whole"


def test_an_answer_that_fails_while_it_is_made_leaves_no_file(monkeypatch):
    dropped = []
    monkeypatch.setattr(Body, "drop", lambda self: (dropped.append(1), SpooledTemporaryFile.close(self))[1])

    def pieces():
        yield b"x"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        _content(StreamingHttpResponse(pieces()))
    assert dropped == [1]
