"""Exchange of a request and its answer, what is kept of them, and what is known when there was no answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpcore2

from jobs.clock import clock, steady
from jobs.targets.context import Context, OutcomeUnknown, TargetFailed
from jobs.targets.execution import Execution
from jobs.targets.http.answer import KEPT, READ, Answer, judge
from jobs.targets.http.connections import Line, Opening, of_process
from jobs.targets.http.request import HttpRequest
from jobs.targets.http.signing import signed
from jobs.targets.http.stream import remaining, within

BEFORE = 0.01  # seconds before the instant at which nobody waits for a connection any more: whoever does wakes up late
AGENT = "RunAt"
FAILURES = httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, OSError


@dataclass
class Progress:
    """Progress of a request: `ms` since its start at which each phase was done."""

    begun: float = field(default_factory=steady)
    sent: bool = False  # a byte of it has left
    head: bytes = b""  # the beginning of an answer that was not understood
    connection: str | None = None
    opened: dict[str, float] = field(default_factory=dict)
    ms: dict[str, float] = field(default_factory=dict)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Note when the answer began: httpcore tells of each step."""
        if event.endswith(".receive_response_headers.complete"):
            self.done("first_byte")

    def done(self, phase: str) -> None:
        self.ms[phase] = round((steady() - self.begun) * 1000, 3)

    @property
    def report(self) -> dict[str, Any]:
        """The connection is None where there was none."""
        return {"connection": self.connection, "ms": {**self.opened, **self.ms}}


class Ready:
    """A request that is put together, and its connection once there is one."""

    def __init__(self, request: HttpRequest, ctx: Context) -> None:
        self.request, self._ctx = request, ctx
        self.url = httpcore2.URL(request.url)
        self._body, kind = request.body()
        theirs = {name.lower() for name in request.headers}
        standard = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": AGENT, **kind}
        if ctx.traceparent is not None:
            standard["traceparent"] = ctx.traceparent
        self._headers = {
            **{name: value for name, value in standard.items() if name.lower() not in theirs},
            **request.headers,
            "Job-Id": str(ctx.job_id),
            "Attempt": str(ctx.attempt),
            "Idempotency-Key": ctx.idempotency_key,
        }
        self._line: Line | None = None
        self._opening: Opening | None = None

    def open(self) -> None:
        """Have the connection there at the instant, and wait for it no longer: what is on its way then is waited for in
        the time of the request, and what has failed is tried again in it."""
        ahead = self._ctx.ahead
        self._line = of_process().kept(self.url.origin, ahead)
        if self._line is None:
            with suppress(*FAILURES):
                self._opening = of_process().opening(self.url.origin, ahead + self.timeout)
                self._line = self._opening.wait(self._ctx.ahead - BEFORE)
                if self._line is not None:
                    self._opening = None
                return
            self._opening = None

    def line(self, *, fresh: bool = False) -> Line:
        """Return a connection, now the caller's; if `fresh`, a new one. Raises what connecting raises."""
        line, self._line = self._line, None
        if line is not None and line.stands() and not (fresh and line.kept):
            return line
        if line is not None:
            line.close()
        kept = None if fresh or self._opening is not None else of_process().kept(self.url.origin)
        if kept is not None:
            return kept
        try:
            if self._opening is None:
                self._opening = of_process().opening(self.url.origin, remaining(), wait=remaining())
            found = self._opening.wait(remaining())
            if found is None:
                self._opening.close()
                raise httpcore2.ConnectTimeout("no connection in the time for this request")
            return found
        finally:
            self._opening = None

    @property
    def execution(self) -> Execution:
        """Return the start, which knows the secrets that were sent."""
        return self._ctx.execution

    @property
    def timeout(self) -> float:
        """Seconds for all of the exchange."""
        left = self._ctx.left
        return self.request.timeout if left is None else min(self.request.timeout, left)

    def send(self, line: Line, progress: Progress) -> Any:
        """A context that sends the request and has its response. Raises what the connection raises."""
        line.stream.begin()
        message, now = f"job-{self._ctx.job_id}", int(clock.timestamp())
        headers = {**self._headers, **signed(self.url.origin, message, now, self._body)}
        return line.connection.stream(
            self.request.method,
            self.url,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
            content=self._body,
            extensions={"trace": progress.trace},
        )

    def __del__(self) -> None:
        for one in (self._line, self._opening):
            if one is not None:  # the job was stopped before its instant
                one.close()


def exchange(ready: Ready) -> dict[str, Any]:
    """Make the request; returns what is kept of the answer.

    Raises TargetFailed when it certainly had no effect or the answer is none that was expected, OutcomeUnknown when it
    was sent and not answered, or when what was read does not say whether it was a success.
    """
    progress, answer = Progress(), Answer()
    try:
        with within(ready.timeout):
            if not _ask(ready, progress, answer):
                _ask(ready, progress, answer, again=True)
    except FAILURES as error:
        what = str(error) or type(error).__name__
        if not progress.sent:
            raise TargetFailed(f"Nothing was sent: {what}", progress.report, ("unsent",)) from error
        answer.stopped(what, progress.head)
        if answer.status is None:
            raise OutcomeUnknown(f"Sent, but not answered: {what}", progress.report) from error
    progress.done("done")
    now = clock.now()
    kept = {**progress.report, **answer.kept(now, ready.execution)}
    judge(answer, ready.request, kept, now, ready.execution.clean)
    return kept


def _ask(ready: Ready, progress: Progress, answer: Answer, *, again: bool = False) -> bool:
    """Send the request and read the answer. False where certainly nothing of it has arrived: its connection, kept from
    an earlier request, was closed by the other side meanwhile, and it may be sent `again`, on one of its own. Raises
    what connecting, sending and reading raise."""
    line = ready.line(fresh=again)
    progress.connection, progress.opened = ("kept" if line.kept else "new"), line.ms
    try:
        with ready.send(line, progress) as response:
            answer.read(response, KEPT if ready.request.expect_json is None else READ)
    except FAILURES:
        progress.head, progress.sent = line.stream.head, line.stream.written > 0
        if line.kept and not again and line.stream.nothing_arrived():
            progress.sent = False
            return False
        raise
    finally:
        of_process().put(ready.url.origin, line, answer.headers)
    return True
