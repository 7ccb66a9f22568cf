"""One request and its answer, what is kept of them, and what is known when there was no answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpcore2

from jobs.clock import clock, steady
from jobs.targets.context import Context, OutcomeUnknown, TargetFailed
from jobs.targets.http.connections import Line, of_process, within
from jobs.targets.http.request import HttpRequest
from jobs.targets.http.signing import signed

KEPT = 8192  # bytes of an answer
READ = 1_048_576  # bytes of an answer that are read, so that its connection can be used again; beyond, it is closed
AHEAD = 2.0  # seconds that a connection may take ahead of the instant; after them it is tried again at the instant
AGENT = "RunAt"
FAILURES = httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, OSError


@dataclass
class Progress:
    """How far a request has come: `ms` since its start at which each phase was done."""

    begun: float = field(default_factory=steady)
    sent: bool = False  # its first byte may have left
    line: Line | None = None
    ms: dict[str, float] = field(default_factory=dict)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpcore tells of each step."""
        if event.endswith(".send_request_headers.started"):
            self.sent = True
        elif event.endswith(".receive_response_headers.complete"):
            self.done("first_byte")

    def done(self, phase: str) -> None:
        self.ms[phase] = round((steady() - self.begun) * 1000, 3)

    @property
    def told(self) -> dict[str, Any]:
        """The connection is None where there was none."""
        if self.line is None:
            return {"connection": None, "ms": {}}
        return {"connection": "new" if self.line.ms else "kept", "ms": {**self.line.ms, **self.ms}}


class Ready:
    """A request that is put together, and its connection once there is one."""

    def __init__(self, request: HttpRequest, ctx: Context) -> None:
        self.request, self._ctx = request, ctx
        self.url = httpcore2.URL(request.url)
        self._body, kind = request.body()
        theirs = {name.lower() for name in request.headers}
        standard = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": AGENT, **kind}
        self._headers = {
            **{name: value for name, value in standard.items() if name.lower() not in theirs},
            **request.headers,
            "Job-Id": str(ctx.job_id),
            "Attempt": str(ctx.attempt),
            "Idempotency-Key": ctx.idempotency_key,
        }
        self._line: Line | None = None

    def open(self) -> None:
        """Have the connection there; whoever cannot now tries again when the request is due."""
        with suppress(*FAILURES), within(min(self.timeout, AHEAD)):
            self._line = of_process().take(self.url.origin)

    def line(self) -> Line:
        """The connection, now the caller's. Raises what connecting raises."""
        line, self._line = self._line, None
        if line is not None and line.stands():
            return line
        if line is not None:
            line.close()
        return of_process().take(self.url.origin)

    @property
    def timeout(self) -> float:
        """Seconds for all of it."""
        left = self._ctx.left
        return self.request.timeout if left is None else min(self.request.timeout, left)

    def send(self, line: Line, progress: Progress) -> Any:
        """A context that sends the request and has its response. Raises what the connection raises."""
        headers = {**self._headers, **signed(f"job-{self._ctx.job_id}", int(clock.timestamp()), self._body)}
        return line.connection.stream(
            self.request.method,
            self.url,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
            content=self._body,
            extensions={"trace": progress.trace},
        )

    def __del__(self) -> None:
        if self._line is not None:  # the job was stopped before its instant
            self._line.close()


def exchange(ready: Ready) -> dict[str, Any]:
    """Make the request; returns what is kept of the answer.

    Raises TargetFailed when it certainly had no effect or the answer is none that was expected, OutcomeUnknown when it
    was sent and not answered.
    """
    progress = Progress()
    try:
        status, kept = _send(ready, progress)
    except FAILURES as error:
        what = str(error) or type(error).__name__
        if not progress.sent:
            raise TargetFailed(f"Nothing was sent: {what}", progress.told, ("unsent",)) from error
        raise OutcomeUnknown(f"Sent, but not answered: {what}", progress.told) from error
    if not ready.request.expects(status):
        kinds = (str(status), f"{status // 100}xx")
        raise TargetFailed(f"Answered with status {status}{_why(status)}", kept, kinds)
    return kept


def _send(ready: Ready, progress: Progress) -> tuple[int, dict[str, Any]]:
    with within(ready.timeout):
        progress.line = line = ready.line()
        try:
            with ready.send(line, progress) as response:
                kept, length, whole = _read(response)
        finally:
            of_process().put(ready.url.origin, line)
        progress.done("done")
    return response.status, {
        "status": response.status,
        **progress.told,
        "body": kept.decode("utf-8", "backslashreplace"),
        "bytes": length if whole else None,  # None: there were more than we read
    }


def _read(response: httpcore2.Response) -> tuple[bytes, int, bool]:
    """The beginning of the body, how long it is, and whether that is all."""
    kept, length = b"", 0
    for chunk in response.iter_stream():
        length += len(chunk)
        kept += chunk[: KEPT - len(kept)]
        if length > READ:
            return kept, length, False
    return kept, length, True


def _why(status: int) -> str:
    if 300 <= status < 400:
        return "; redirects are not followed: give the address that it leads to"
    return ""
