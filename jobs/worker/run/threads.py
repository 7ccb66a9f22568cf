"""Threads that a body uses belong to it: those that it starts, executors, and asgiref's thread for Django's database.

Python 3.14 can let threads inherit the context of whoever starts them; this does it for bodies, and only for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context, copy_context
from functools import partial, wraps
from typing import Any

from asgiref.sync import ThreadSensitiveContext

from jobs.events import emit
from jobs.events.worker.run import ThreadBusy
from jobs.worker.run import sessions
from jobs.worker.run.current import Body, here

BUSY_FOR = 5.0  # seconds for a call that its body has given up to end, its statement being cancelled
UNENDED = "a call that it has given up and that still runs"

_at = threading.local()  # `body`: the last one that used this thread; `aside`, `context`: of a slot's thread
_installed = threading.Lock()


def install() -> None:
    """Have threads belong to bodies; once in a worker's process, before its first body. Children that are forked have
    it too."""
    if not _installed.acquire(blocking=False):
        return
    sessions.install()
    threading.Thread.start = _starting(threading.Thread.start)  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = _submitting(ThreadPoolExecutor.submit)  # type: ignore[method-assign]


def _starting(start: Callable[[Any], None]) -> Any:
    @wraps(start)
    def started(self: threading.Thread) -> None:
        if here() is not None:
            self.run = partial(copy_context().run, _run_to_its_end, self, self.run)  # type: ignore[method-assign]
        start(self)

    return started


def _run_to_its_end(thread: threading.Thread, run: Callable[[], None]) -> None:
    del thread.run  # with it a cycle
    try:
        run()
    finally:
        body = here()
        if body is not None or sessions.any_open():
            sessions.close_all(body)


def _submitting(submit: Callable[..., Future[Any]]) -> Any:
    @wraps(submit)
    def submitted(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        body = here()
        if body is None:
            return submit(self, fn, *args, **kwargs)
        return submit(self, copy_context().run, _run_for, body, fn, *args, **kwargs)

    return submitted


def _run_for(body: Body, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    if getattr(_at, "body", None) is not body:
        _at.body = body
        sessions.freshen()
    return fn(*args, **kwargs)


class Aside(Executor):
    """A thread beside a slot, for what coroutines give to `sync_to_async`: made when it is first needed, and kept with
    its database connection, as the slot's own thread is."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._last: Future[Any] | None = None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="beside-a-slot")
            Context().run(self._pool.submit, int)  # starts its thread, which is no one body's
        self._last = self._pool.submit(fn, *args, **kwargs)
        return self._last

    def take_back(self, body: Body) -> None:
        """Have the thread's connections cleaned if the body has used it. A thread whose call does not end is left to
        itself, and the next body gets another."""
        last, self._last = self._last, None
        if last is None or self._pool is None:
            return
        if not last.done():
            sessions.cancel(body)
        done = self._pool.submit(sessions.take_back, body)
        try:
            done.result(BUSY_FOR)
        except TimeoutError:
            emit(ThreadBusy())
            body.left_open.add(UNENDED)
            self._pool.submit(sessions.close_all, None)
            self._pool.shutdown(wait=False)
            self._pool = None


def aside() -> Aside:
    """Return this slot's, by which asgiref goes from now on for all that runs in this thread."""
    try:
        return _at.aside  # type: ignore[no-any-return]
    except AttributeError:
        _at.aside = Aside()
        _at.context = ThreadSensitiveContext(executor=_at.aside)
        entering = _at.context.__aenter__()
        with suppress(StopIteration):  # it awaits nothing: it only notes its executor in this thread's context
            entering.send(None)
        return _at.aside  # type: ignore[no-any-return]
