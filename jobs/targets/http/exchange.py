"""One request and its answer, what is kept of them, and what is known when there was no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpcore2

from jobs.clock import clock, steady
from jobs.targets.context import Context, OutcomeUnknown, TargetFailed
from jobs.targets.http.connections import pool, within
from jobs.targets.http.request import HttpRequest
from jobs.targets.http.signing import signed

KEPT = 8192  # bytes of an answer
READ = 1_048_576  # bytes of an answer that are read, so that its connection can be used again; beyond, it is closed
AGENT = "RunAt"
FIRST = {"connection.connect_tcp.complete": "connect", "connection.start_tls.complete": "tls"}


@dataclass
class Progress:
    """How far a request has come: `ms` since its start at which each phase was done."""

    begun: float = field(default_factory=steady)
    sent: bool = False  # its first byte may have left
    ms: dict[str, float] = field(default_factory=dict)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpcore tells of each step."""
        if event.endswith(".send_request_headers.started"):
            self.sent = True
        elif event.endswith(".receive_response_headers.complete"):
            self.done("first_byte")
        elif event in FIRST:
            self.done(FIRST[event])

    def done(self, phase: str) -> None:
        self.ms[phase] = round((steady() - self.begun) * 1000, 3)


def exchange(request: HttpRequest, ctx: Context) -> dict[str, Any]:
    """Make the request; returns what is kept of the answer.

    Raises TargetFailed when it certainly had no effect or the answer is none that was expected, OutcomeUnknown when it
    was sent and not answered.
    """
    progress = Progress()
    try:
        status, kept = _send(request, ctx, progress)
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
        what = str(error) or type(error).__name__
        if not progress.sent:
            raise TargetFailed(f"Nothing was sent: {what}", _told(progress), ("unsent",)) from error
        raise OutcomeUnknown(f"Sent, but not answered: {what}", _told(progress)) from error
    if not request.expects(status):
        kinds = (str(status), f"{status // 100}xx")
        raise TargetFailed(f"Answered with status {status}{_why(status)}", kept, kinds)
    return kept


def _send(request: HttpRequest, ctx: Context, progress: Progress) -> tuple[int, dict[str, Any]]:
    body, kind = request.body()
    theirs = {name.lower() for name in request.headers}
    standard = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": AGENT, **kind}
    headers = {
        **{name: value for name, value in standard.items() if name.lower() not in theirs},
        **request.headers,
        **signed(f"job-{ctx.job_id}", int(clock.timestamp()), body),
        "Job-Id": str(ctx.job_id),
        "Attempt": str(ctx.attempt),
        "Idempotency-Key": ctx.idempotency_key,
    }
    timeout = request.timeout if ctx.left is None else min(request.timeout, ctx.left)
    with (
        within(timeout),
        pool().stream(
            request.method,
            request.url,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
            content=body,
            extensions={"trace": progress.trace, "timeout": {"pool": timeout}},
        ) as response,
    ):
        kept, length, whole = b"", 0, False
        for chunk in response.iter_stream():
            length += len(chunk)
            kept += chunk[: KEPT - len(kept)]
            if length > READ:
                break
        else:
            whole = True
        progress.done("done")
    return response.status, {
        "status": response.status,
        **_told(progress),
        "body": kept.decode("utf-8", "backslashreplace"),
        "bytes": length if whole else None,  # None: there were more than we read
    }


def _told(progress: Progress) -> dict[str, Any]:
    kept = "kept" if progress.sent else None
    return {"connection": "new" if "connect" in progress.ms else kept, "ms": progress.ms}


def _why(status: int) -> str:
    if 300 <= status < 400:
        return "; redirects are not followed: give the address that it leads to"
    return ""
