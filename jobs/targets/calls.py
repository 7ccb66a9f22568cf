"""A call of a target, ready to be made: what can be done before its time is done before."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from jobs.targets.context import Cancelled, Context, DeadlinePassed

Part = Callable[[], Any]


class Call:
    """Call of a target: `load` comes first, ahead of the instant; then the call itself; `close` last, in any case."""

    def __init__(self, body: Part, prepare: Part | None, context: Context) -> None:
        self._body, self._prepare, self._context = body, prepare, context

    @property
    def prepares(self) -> bool:
        """Return whether there is anything to load."""
        return self._prepare is not None

    def load(self) -> None:
        """Have the target prepare what it needs. Raises whatever it raises."""
        if self._prepare is not None:
            self._context.execution.prepared = self._prepare()

    def __call__(self) -> object:
        return self._body()

    def close(self) -> None:
        """Release what the call holds."""


class AsyncCall(Call):
    """Coroutines, on an event loop of their own that is there before the instant and ends with them."""

    def __init__(self, body: Part, prepare: Part | None, context: Context) -> None:
        super().__init__(body, prepare, context)
        self._runner = asyncio.Runner()
        self._runner.get_loop()

    def load(self) -> None:
        if self._prepare is not None:
            self._context.execution.prepared = self._run(self._prepare)

    def __call__(self) -> object:
        try:
            return self._run(self._body)
        finally:
            self.close()

    def close(self) -> None:
        self._runner.close()

    def _run(self, part: Part) -> object:
        # Not inside the loop what is none of its coroutines: Django refuses its database there.
        return self._runner.run(self._to_its_end(part)) if inspect.iscoroutinefunction(part) else part()

    async def _to_its_end(self, part: Part) -> object:
        """Cancelled from inside its loop: by whoever asks it to stop, and at its deadline."""
        task, loop, execution = asyncio.current_task(), asyncio.get_running_loop(), self._context.execution
        assert task is not None  # noqa: S101 - we are in one
        execution.interruptible(lambda: loop.call_soon_threadsafe(task.cancel))
        limit = asyncio.timeout(self._context.left)
        try:
            async with limit:
                return await part()
        except asyncio.CancelledError:
            if execution.asked:
                raise Cancelled(execution.asked) from None
            raise
        except TimeoutError:
            if limit.expired():
                raise DeadlinePassed(f"Its deadline of {self._context.limit} s passed") from None
            raise
        finally:
            execution.interruptible(None)
