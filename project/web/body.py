"""Reads the body of a request, at most so large and for so long, before any thread has to do with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any

from jobs.api.problems import Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

BODY_S = 30.0  # the whole body must have come by then
IN_MEMORY = 64 * 1024  # bytes; more goes to a temporary file
PIECE = 256 * 1024  # bytes of an answer that are sent together
DISCARDED = 16 * 1024 * 1024  # bytes of a body that is too large are read all the same: then its sender reads us


class Refused(Exception):
    """Refusal of a request before anything of it is begun."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class Gone(Exception):
    """End of a connection: the caller has hung up."""


class Body(SpooledTemporaryFile[bytes]):
    """Body that may be read twice: Django closes it after each of its requests, and only `drop` does it. So also an
    answer that a view has made piece by piece."""

    def __init__(self) -> None:
        super().__init__(max_size=IN_MEMORY)
        self.size = 0

    def add(self, chunk: bytes) -> None:
        self.write(chunk)
        self.size += len(chunk)

    def close(self) -> None:
        """Do nothing: Django closes it after each of its requests."""

    def drop(self) -> None:
        super().close()

    @contextmanager
    def read_again(self) -> Iterator[Iterator[bytes]]:
        """Yield what was added, some at a time; it is dropped afterwards."""
        try:
            self.seek(0)
            yield iter(partial(self.read, PIECE), b"")
        finally:
            self.drop()


async def read_body(scope: Scope, receive: Receive, limit: int | None) -> Body:
    """Return the whole body. `limit`: bytes; None: any. Raises Refused when it is larger or slow, Gone when it ends
    before its end."""
    body = Body()
    try:
        async with asyncio.timeout(BODY_S):
            await _fill(body, scope, receive, limit)
    except TimeoutError:
        body.drop()
        detail = f"The body had not come whole after {BODY_S:g} s. Send it faster, or less at once."
        raise Refused(Problem(HTTPStatus.REQUEST_TIMEOUT, "body-too-slow", detail)) from None
    except BaseException:
        body.drop()
        raise
    return body


async def _fill(body: Body, scope: Scope, receive: Receive, limit: int | None) -> None:
    headers = dict(scope["headers"])
    announced = int(headers.get(b"content-length", 0))
    if limit is not None and announced > limit and b"expect" in headers:
        raise _too_large(announced, limit)  # it asks before it sends
    came, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk, more = message.get("body", b""), message.get("more_body", False)
        came += len(chunk)
        if limit is None or max(came, announced) <= limit:
            body.add(chunk)
        elif came > DISCARDED:
            break
    if limit is not None and max(came, announced) > limit:
        raise _too_large(max(came, announced), limit)
    body.seek(0)


def _too_large(size: int, limit: int) -> Refused:
    detail = f"The body has {size} bytes or more; the limit is {limit}. Send less at once."
    return Refused(Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", detail))
