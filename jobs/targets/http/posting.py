"""A request that is no job: made by the rules of HTTP jobs, on a connection of its own, in a bounded time."""

from __future__ import annotations

from collections.abc import Mapping

import httpcore2

from jobs.targets.http.answer import Answer
from jobs.targets.http.connections import of_process
from jobs.targets.http.exchange import AGENT, FAILURES
from jobs.targets.http.request import HttpRequest
from jobs.targets.http.signing import keys_of, signed
from jobs.targets.http.stream import remaining, within

READ = 8192  # bytes of an answer


class NotTaken(Exception):
    """Failure to have something taken; the text says why, and has nothing of the address beyond its host."""


def send(request: HttpRequest, *, message: str, now: int, headers: Mapping[str, str] | None = None) -> int:
    """Send the request and return the status of its answer, which is one that it expects; signed, where its receiver
    has a key. `message` names it to the receiver, `now` is in seconds since the epoch. Raises NotTaken."""
    url = httpcore2.URL(request.url)
    body, kind = request.body()
    sent = {
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": AGENT,
        **kind,
        **request.headers,
        **(headers or {}),
        **signed(url.origin, message, now, body),
    }
    answer = Answer()
    try:
        with within(request.timeout):
            opening = of_process().opening(url.origin, remaining(), wait=remaining())
            line = opening.wait(remaining())
            if line is None:
                opening.close()
                raise httpcore2.ConnectTimeout("no connection in the time for this request")
            try:
                line.stream.begin()
                with line.connection.stream(
                    request.method,
                    url,
                    headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()],
                    content=body,
                ) as response:
                    answer.read(response, READ)
            finally:
                line.close()
    except FAILURES as error:
        if answer.status is None:
            raise NotTaken(str(error) or type(error).__name__) from error
    status = answer.status or 0
    if not request.expects(status):
        raise NotTaken(f"answered with status {status}")
    return status


def is_signed(url: str) -> bool:
    """Return whether requests to this address are signed."""
    origin = httpcore2.URL(url).origin
    return bool(keys_of(origin.host.decode("ascii"), origin.port))
