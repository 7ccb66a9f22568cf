"""Request of an HTTP job: checked when the job is created, so that nobody learns of a typing error at `run_at`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlencode, urlsplit

import jsonpointer
from pydantic import Field, field_validator, model_validator

from jobs import exactjson
from jobs.targets.http import addresses
from jobs.targets.secrecy.marks import SecretEntries
from jobs.targets.signatures import Arguments

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
VISIBLE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110, 5.5: what a header may hold
# What the connection needs, and what we say of ourselves.
OURS = frozenset(
    [
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "job-id",
        "attempt",
        "idempotency-key",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]
)
# Headers that say who asks: their values are shown only to those who may see secrets.
CREDENTIALS = re.compile(
    r"authori[sz]ation|authentication|\bauth\b|cookie|token|secret|passw|credential|api-?key|access-?key|auth-?key|subscription-?key|functions-?key"
    r"|session|signature|jwt|bearer|\b(?:app|application|client|private|master|admin|account)-?key",
    re.IGNORECASE,
)
BODIES = ("json", "text", "form")
MISSING = object()  # there is nothing at this place


class ExpectedValue(Arguments):
    """The value that must stand at a place in the body of an answer: a JSON pointer (RFC 6901), empty for all of it."""

    pointer: Annotated[str, Field(max_length=1000)]
    value: Any

    @field_validator("pointer")
    @classmethod
    def _pointer(cls, pointer: str) -> str:
        try:
            jsonpointer.JsonPointer(pointer)
        except jsonpointer.JsonPointerException:
            raise ValueError("write a JSON pointer such as /status or /orders/0/state; ~ is ~0 and / is ~1") from None
        return pointer

    def found_in(self, body: Any) -> Any:
        """Return what stands at the pointer, MISSING if nothing does."""
        found = jsonpointer.resolve_pointer(body, self.pointer, MISSING)
        return MISSING if isinstance(found, jsonpointer.EndOfList) else found


class HttpRequest(Arguments):
    """Request to send. `timeout`: seconds for all of it; `expect`: statuses that are a success, else any 2xx;
    `expect_json`: what an answer that is a success has in its body, besides.
    """

    verbatim: ClassVar[bool] = True

    url: Annotated[str, Field(max_length=8000)]
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "POST"
    headers: Annotated[dict[str, str], SecretEntries(CREDENTIALS)] = {}
    json_: Annotated[Any, Field(alias="json")] = None
    text: str | None = None
    form: dict[str, str] | None = None
    expect: Annotated[list[Annotated[int, Field(ge=100, le=599)]], Field(min_length=1, max_length=50)] | None = None
    expect_json: ExpectedValue | None = None
    timeout: Annotated[float, Field(gt=0, le=3600)] = 30.0

    @field_validator("url")
    @classmethod
    def _url(cls, url: str) -> str:
        if not url.isascii() or re.search(r"[\x00-\x20\x7f]", url):
            raise ValueError("percent-encode what is not plain ASCII, and spaces")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("write a whole address such as https://example.com/path")
        if parts.username is not None or parts.password is not None:
            raise ValueError("put credentials into a header, not into the address")
        if parts.port == 0:
            raise ValueError("0 is no port")
        addresses.refuse_literal(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        return url

    @field_validator("headers")
    @classmethod
    def _headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not TOKEN.fullmatch(name) or not VISIBLE.fullmatch(value):
                raise ValueError(f"{name!r} is no header, or its value has a character that none may have")
            if name.lower() in OURS:
                raise ValueError(f"{name!r} is set by RunAt itself; leave it out")
        return headers

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if sum(body is not None for body in (self.json_, self.text, self.form)) > 1:
            raise ValueError(f"A request has one body: give one of {', '.join(BODIES)}.")
        return self

    def body(self) -> tuple[bytes, Mapping[str, str]]:
        """The body, and the header that says what it is."""
        if self.json_ is not None:
            text, kind = exactjson.dumps(self.json_), "application/json"
        elif self.form is not None:
            text, kind = urlencode(self.form), "application/x-www-form-urlencoded"
        elif self.text is not None:
            text, kind = self.text, "text/plain; charset=utf-8"
        else:
            return b"", {}
        return text.encode(), {"Content-Type": kind}

    def expects(self, status: int) -> bool:
        return status in self.expect if self.expect is not None else 200 <= status < 300
