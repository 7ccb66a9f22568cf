"""The ASGI application: reads a request whole, has a thread answer it, and waits for jobs without one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from jobs.api.bodies import body_limit
from jobs.api.patience import Wait
from jobs.api.problems import CONTENT_TYPE, Problem
from project.web.body import Body, Gone, Receive, Refused, Scope, read_body
from project.web.ends import Ends
from project.web.threads import Answer, Threads, Views

Send = Callable[[dict[str, Any]], Awaitable[None]]

QUEUE = 500  # requests that may wait for a thread
PROBES = ("/healthz", "/readyz")  # a thread of its own for each: a slow database must not make web look dead


class Door:
    """ASGI application that uvicorn calls for each request. `threads`: how many requests are worked on at a time."""

    def __init__(self, threads: int) -> None:
        self._views = Views()
        self._threads = Threads("web", threads, QUEUE)
        self._probes = {path: Threads(path.strip("/"), 1, QUEUE) for path in PROBES}
        self._ends = Ends()
        self._stopping = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        with suppress(Gone):
            try:
                body = await read_body(scope, receive, body_limit(scope["path"]))
                try:
                    answer = await self._answer(scope, receive, body)
                finally:
                    body.drop()
            except Refused as refused:
                answer = _refusal(refused.problem)
            head = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
            await send(head)
            if isinstance(answer.content, bytes):
                await send({"type": "http.response.body", "body": answer.content})
                return
            with answer.content.read_again() as pieces:
                for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    async def _answer(self, scope: Scope, receive: Receive, body: Body) -> Answer:
        threads = self._probes.get(scope["path"], self._threads)
        gone = asyncio.ensure_future(_hung_up(receive))
        wait = Wait(possible=self._ends.has_room() and not self._stopping.is_set())
        try:
            answer = await _unless(gone, threads.run(self._views.answer, scope, body, wait))
            if wait.job_id is None:
                return answer
            stopping = asyncio.ensure_future(self._stopping.wait())
            try:
                await _first(asyncio.ensure_future(self._ends.wait(wait.job_id, wait.seconds)), gone, stopping)
            finally:
                stopping.cancel()
            if gone.done():
                raise Gone
            wait.over = True
            return await _unless(gone, threads.run(self._views.answer, scope, body, wait))
        finally:
            gone.cancel()

    def stop(self) -> None:
        """Answer all who wait at once: they ask again."""
        self._stopping.set()

    def close(self) -> None:
        """Begin nothing more; what has begun ends."""
        self._ends.close()
        for threads in (self._threads, *self._probes.values()):
            threads.close()


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _unless(gone: asyncio.Future[None], answer: asyncio.Future[Answer]) -> Answer:
    """The answer, which nobody needs when the caller is gone."""
    await _first(answer, gone)
    if not answer.done() or answer.cancelled():
        raise Gone
    return answer.result()


async def _first(wanted: asyncio.Future[Any], *others: asyncio.Future[Any]) -> None:
    """Wait until one of the futures is done; `wanted` is cancelled if it is not, also when the caller is cancelled."""
    try:
        await asyncio.wait({wanted, *others}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not wanted.done():
            wanted.cancel()


def _refusal(problem: Problem) -> Answer:
    """Close after it: what is left of the request must not be taken for the next one."""
    content = json.dumps(problem.body()).encode()
    headers = {
        **problem.headers,
        "Content-Type": CONTENT_TYPE,
        "Content-Length": str(len(content)),
        "Connection": "close",
    }
    return Answer(problem.status, [(name.encode(), value.encode()) for name, value in headers.items()], content)
