"""The target `http`: one request, made at `run_at`. docs/http.md says what is sent and what is kept."""

from __future__ import annotations

from typing import Any

from jobs.targets.context import Context
from jobs.targets.http.exchange import Ready, exchange
from jobs.targets.http.request import HttpRequest
from jobs.targets.registry import target


@target("http", arguments=HttpRequest, address="url")
def http(ctx: Context, request: HttpRequest) -> dict[str, Any]:
    """Makes an HTTP request, and completes if its answer has an expected status."""
    return exchange(ctx.prepared or Ready(request, ctx))


@http.prepare
def ready(ctx: Context, request: HttpRequest) -> Ready:
    """The request is put together and its connection opened ahead of the instant: neither the look-up of the name nor
    the handshake makes it late."""
    made = Ready(request, ctx)
    made.open()
    return made
