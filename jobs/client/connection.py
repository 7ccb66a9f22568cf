"""Installation as a client knows it: its address, who asks, and what of an answer is a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import httpx2

from jobs.client.calls import Answer, Call
from jobs.client.refused import Refused, Unreachable

T = TypeVar("T")
KIND = "urn:runat:problem:"
KEY_IN_USE = "key-in-use"
UNKNOWN = "Whether it was done is not known: look before you send it again."


@dataclass(frozen=True)
class Connection:
    """Address that requests go to, and as whom. `exact`: fractions are read as Decimal, as they are written."""

    url: str
    token: str
    exact: bool = False
    dumps: Callable[[Any], str] | None = None  # of a body; None: the standard library's

    def __post_init__(self) -> None:
        address = httpx2.URL(self.url)
        if address.scheme not in ("http", "https") or not address.host:
            raise ValueError(f"'{self.url}' is no address of RunAt; give one like https://runat.example.")
        if not self.token.strip() or not self.token.isascii() or any(c.isspace() for c in self.token.strip()):
            raise ValueError(
                "This is no token; make one on the page /tokens/, or by 'manage.py jobs tokens create USERNAME'."
            )

    def request(self, call: Call[Any], own: httpx2.Timeout) -> Mapping[str, Any]:
        """Return what to send, as httpx2 takes it. `own`: the client's timeout."""
        headers = {
            "Authorization": f"Bearer {self.token.strip()}",
            "Accept": "application/json",
            "User-Agent": "runat-client",
            **call.headers,
        }
        content = call.content
        if content is not None:
            headers["Content-Type"] = call.kind
        elif call.body is not None:
            headers["Content-Type"] = "application/json"
            content = (self.dumps or _dumped)(call.body).encode("utf-8", "surrogatepass")
        address = f"{self.url.rstrip('/')}/{call.path}"
        return {
            "method": call.method,
            "url": address,
            "params": dict(call.query) or None,
            "content": content,
            "headers": headers,
            "timeout": own if call.patience is None else _patient(own, call.patience),
        }

    def said(self, response: httpx2.Response) -> Any:
        """Return the body of an answer; None: it is not JSON."""
        try:
            return json.loads(response.content, parse_float=Decimal if self.exact else None)
        except ValueError:
            return None

    def is_in_use(self, response: httpx2.Response) -> bool:
        """Return whether the first request with this key is still being done."""
        if response.status_code != httpx2.codes.CONFLICT:
            return False
        said = self.said(response)
        return isinstance(said, dict) and said.get("type") == KIND + KEY_IN_USE

    def read(self, call: Call[T], response: httpx2.Response) -> T:
        """Return what the call is answered with. Raises Refused, and Unreachable for what is no answer of RunAt."""
        said = self.said(response)
        if response.is_success and said is not None:
            return call.read(Answer(response.status_code, said))
        if isinstance(said, dict) and str(said.get("type", "")).startswith(KIND):
            raise refusal(said)
        raise Unreachable(
            f"{response.request.method} {response.request.url} was answered with {response.status_code}, and not by "
            f"RunAt: look whether {self.url} is its address. {'' if call.method == 'GET' else UNKNOWN}".rstrip()
        )

    def no_answer(self, call: Call[Any], error: httpx2.TransportError) -> Unreachable:
        """Return the error for a request that was not answered."""
        why = str(error) or type(error).__name__
        warning = "" if call.repeatable or isinstance(error, httpx2.ConnectError) else f" {UNKNOWN}"
        return Unreachable(f"RunAt at {self.url} does not answer ({why}); look whether it runs there.{warning}")


def _patient(own: httpx2.Timeout, least: float) -> httpx2.Timeout:
    """Return it with so many seconds at least for the answer: to connect takes no longer than for any other."""
    read = None if own.read is None else max(own.read, least)
    return httpx2.Timeout(connect=own.connect, read=read, write=own.write, pool=own.pool)


def refusal(said: Mapping[str, Any]) -> Refused:
    """Return what a problem (RFC 9457) says."""
    problems: dict[str, list[str]] = {}
    for one in said.get("errors", ()):
        problems.setdefault(one["field"], []).append(one["message"])
    known = ("type", "title", "status", "detail", "errors")
    more = {name: value for name, value in said.items() if name not in known}
    return Refused(str(said["type"]).removeprefix(KIND), str(said.get("detail", "")), problems, more)


def _dumped(body: Any) -> str:
    return json.dumps(body, default=_plain)


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no value of JSON")
