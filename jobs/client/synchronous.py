"""Client for programs that wait for each answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count, islice
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


def _sent(call: Callable[P, Call[T]]) -> Callable[Concatenate[Client, P], T]:
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.send(call(*args, **kwargs))

    method.__doc__, method.__name__ = call.__doc__, call.__name__
    return method


class Client:
    """RunAt at an address, as whoever the token says. Threads may share one; close it, or use it in a `with`.

    What is refused raises Refused, with REST's kind and sentences; what is not answered Unreachable. What can be
    repeated is: reads, and all that creates, since it has an Idempotency-Key."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 30.0,
        retries: Retries | None = None,
        transport: httpx2.BaseTransport | None = None,
        connection: Connection | None = None,
    ) -> None:
        self._connection = connection or Connection(url, token)
        self._retries = retries or Retries()
        self._http = httpx2.Client(timeout=timeout, transport=transport)

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

    def jobs(self, q: str = "", *, history: bool = False, limit: int | None = None, **filters: Any) -> Iterator[Job]:
        """Yield jobs, the newest first, a page at a time. `q`: a filter as text, `queue:pay state:failed`; `filters`:
        those of REST by name. `history`: those that are over and have left the table of jobs."""
        return islice(self._all(calls.first_page(q, history=history, limit=limit, **filters)), limit)

    def wait(self, job_id: int, timeout: float | None = None) -> JobDetail:
        """Return the job when it has ended, however it did; of one that has joined another, that one. `timeout`:
        seconds; None: without end. Raises TimeoutError."""
        until, pause = None if timeout is None else time.monotonic() + timeout, FIRST_LOOK
        while True:
            found = self.job(job_id)
            if (stands := followed(found)) is not None and stands == found["id"]:
                return found
            if stands is not None:
                job_id = stands
                continue
            left = LAST_LOOK if until is None else until - time.monotonic()
            if left <= 0:
                raise not_ended(found, timeout)
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, LAST_LOOK)

    def send(self, call: Call[T]) -> T:
        """Send a request, again where it may be and must, and return what its answer says."""
        for number in count(1):
            try:
                response = self._http.request(**self._connection.request(call, self._http.timeout))
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
            time.sleep(pause)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _all(self, query: Any) -> Iterator[Job]:
        while query is not None:
            page = self.send(calls.page(query))
            yield from page.jobs
            query = page.following
