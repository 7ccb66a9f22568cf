"""The target `http`: one request, made at `run_at`. docs/http.md says what is sent and what is kept."""

from __future__ import annotations

from typing import Any

from jobs.targets.context import Context
from jobs.targets.http.exchange import exchange
from jobs.targets.http.request import HttpRequest
from jobs.targets.registry import target


@target("http", arguments=HttpRequest)
def http(ctx: Context, request: HttpRequest) -> dict[str, Any]:
    """Makes an HTTP request, and completes if its answer has an expected status."""
    return exchange(request, ctx)
