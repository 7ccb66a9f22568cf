"""Django's synchronous views in a bounded number of threads, each with its own database connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from django.core import signals
from django.core.handlers.asgi import ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import HttpResponseBase
from django.urls import set_script_prefix

from jobs.api.patience import WAIT, Wait
from jobs.api.problems import Problem
from project.web.body import Body, Refused, Scope

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """A whole response: no thread waits until its reader has taken it. What a view has made piece by piece may be much
    of it: beyond some of it a temporary file has it."""

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes | Body


class Views(BaseHandler):
    """Django's part between a request and its response. Thread-safe, as any WSGI application of Django is."""

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()

    def answer(self, scope: Scope, body: Body, wait: Wait) -> Answer:
        """Run the view, and return what it says. Blocks."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        body.seek(0)
        request = ASGIRequest(scope, body)
        if request.META.pop("HTTP_TRANSFER_ENCODING", None) is not None:
            request.META["CONTENT_LENGTH"] = str(body.size)  # it came in chunks, and is whole now
        request.META[WAIT] = wait
        response = self.get_response(request)
        response._handler_class = self.__class__  # type: ignore[attr-defined]  # the sender of request_finished
        try:
            return Answer(response.status_code, _headers(response), _content(response))
        finally:
            response.close()


def _content(response: HttpResponseBase) -> bytes | Body:
    if not response.streaming or response.has_header("Content-Length"):  # a static file is small
        return b"".join(response)
    content = Body()
    try:
        for piece in response:
            content.add(piece)
    except BaseException:
        content.drop()
        raise
    return content


def _headers(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    # Names as the view wrote them: not every client knows that their case means nothing.
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    cookies = [(b"Set-Cookie", cookie.OutputString().encode("ascii")) for cookie in response.cookies.values()]
    return headers + cookies


class Threads:
    """Thread pool with a bounded queue: `number` threads, and `queue` requests that may wait for one."""

    def __init__(self, name: str, number: int, queue: int) -> None:
        self._executor: Executor = ThreadPoolExecutor(number, thread_name_prefix=name)
        self._most = number + queue
        self._inside = 0

    def run(self, do: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """Call `do` in a thread when one is free; a cancelled call that has not begun never does. Raises Refused when
        too many wait already.
        """
        if self._inside >= self._most:
            detail = "Too many requests wait for a thread here; try again in a few seconds. Nothing was begun."
            raise Refused(Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail, headers={"Retry-After": "2"}))
        self._inside += 1
        future = asyncio.get_running_loop().run_in_executor(self._executor, do, *arguments)
        future.add_done_callback(self._left)
        return future

    def _left(self, future: asyncio.Future[Any]) -> None:
        self._inside -= 1

    def close(self) -> None:
        """Begin no more calls."""
        self._executor.shutdown(wait=False, cancel_futures=True)
