"""A server that answers as it is told to, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from jobs.client import AsyncClient, Client, Retries

URL = "https://runat.example/at"
AT_ONCE = Retries(attempts=3, first=0.0)
Answer = httpx2.Response | Exception


def job(**fields: Any) -> dict[str, Any]:
    """Return what a client looks at of a job."""
    return {"id": 7, "state_name": "pending", "joined_id": None, "version": 1, **fields}


def problem(status: int, kind: str, **more: Any) -> httpx2.Response:
    body = {"type": f"urn:runat:problem:{kind}", "title": "", "status": status, "detail": f"This is {kind}.", **more}
    return httpx2.Response(status, json=body)


class Server:
    """Answers in their order; the last again and again."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)  # each is read once

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        return self(request)


Ask = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Call a method of either client, `ask(server, "job", 7)`; lists are read to their end."""

    def sync(server: Server, method: str, *args: Any, **kwargs: Any) -> Any:
        with Client(URL, "secret", retries=AT_ONCE, transport=httpx2.MockTransport(server)) as client:
            found = getattr(client, method)(*args, **kwargs)
            return list(found) if method == "jobs" else found

    def asynchronous(server: Server, method: str, *args: Any, **kwargs: Any) -> Any:
        import asyncio  # noqa: PLC0415 - only here

        async def call() -> Any:
            transport = httpx2.MockTransport(server.answer)
            async with AsyncClient(URL, "secret", retries=AT_ONCE, transport=transport) as client:
                if method == "jobs":
                    return [one async for one in client.jobs(*args, **kwargs)]
                return await getattr(client, method)(*args, **kwargs)

        return asyncio.run(call())

    return sync if request.param == "sync" else asynchronous
