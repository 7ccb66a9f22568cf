"""Client for programs on asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx2

from jobs.client import calls
from jobs.client.calls import Call
from jobs.client.connection import Connection
from jobs.client.retries import Retries
from jobs.client.shapes import Job, JobDetail
from jobs.client.waiting import FIRST_LOOK, LAST_LOOK, followed, not_ended

P = ParamSpec("P")
T = TypeVar("T")


def _sent(call: Callable[P, Call[T]]) -> Callable[Concatenate[AsyncClient, P], Awaitable[T]]:
    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.send(call(*args, **kwargs))

    method.__doc__, method.__name__ = call.__doc__, call.__name__
    return method


class AsyncClient:
    """Client as `Client` is, awaited: its requests are the same. Use it in an `async with`."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 30.0,
        retries: Retries | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._connection = Connection(url, token)
        self._retries = retries or Retries()
        self._http = httpx2.AsyncClient(timeout=timeout, transport=transport)

    job = _sent(calls.job)
    create = _sent(calls.create)
    create_many = _sent(calls.create_many)
    import_jobs = _sent(calls.import_jobs)
    edit = _sent(calls.edit)
    reschedule = _sent(calls.reschedule)
    cancel = _sent(calls.cancel)
    retry = _sent(calls.retry)
    run_now = _sent(calls.run_now)
    workers = _sent(calls.workers)
    limits = _sent(calls.limits)

    async def jobs(
        self, q: str = "", *, history: bool = False, limit: int | None = None, **filters: Any
    ) -> AsyncIterator[Job]:
        """Yield jobs as `Client.jobs` does."""
        query, left = calls.first_page(q, history=history, limit=limit, **filters), limit
        while query and left != 0:
            page = await self.send(calls.page(query))
            for one in page.jobs[:left]:
                yield one
            left = None if left is None else max(0, left - len(page.jobs))
            query = page.following or {}

    async def wait(self, job_id: int, timeout: float | None = None) -> JobDetail:
        """Return the job when it has ended, as `Client.wait` does. Raises TimeoutError."""
        until, pause = None if timeout is None else time.monotonic() + timeout, FIRST_LOOK
        while True:
            found = await self.job(job_id)
            if (stands := followed(found)) is not None and stands == found["id"]:
                return found
            if stands is not None:
                job_id = stands
                continue
            left = LAST_LOOK if until is None else until - time.monotonic()
            if left <= 0:
                raise not_ended(found, timeout)
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 1.5, LAST_LOOK)

    async def send(self, call: Call[T]) -> T:
        """Send a request, again where it may be and must, and return what its answer says."""
        for number in count(1):
            try:
                response = await self._http.request(**self._connection.request(call, self._http.timeout))
            except httpx2.TransportError as error:
                pause = self._retries.after_error(error, number, repeatable=call.repeatable)
                if pause is None:
                    raise self._connection.no_answer(call, error) from error
            else:
                in_use = self._connection.is_in_use(response)
                answered = {"repeatable": call.repeatable, "in_use": in_use}
                pause = self._retries.after_answer(response.status_code, response.headers, number, **answered)
                if pause is None:
                    return self._connection.read(call, response)
            await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()
