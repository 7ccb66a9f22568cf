"""A caller of the tools, and people who decide."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.bearing import secret_of
from tests.monitor.conftest import fresh_cache  # noqa: F401
from tests.rights.conftest import MakeUser, make_team, make_user  # noqa: F401

Call = Callable[..., Any]


class ToolError(Exception):
    """What a tool has said of its refusal."""


@pytest.fixture
def viewer(make_user: MakeUser) -> User:  # noqa: F811
    return make_user("vera", "viewer")


@pytest.fixture
def operator(make_user: MakeUser) -> User:  # noqa: F811
    return make_user("otto", "operator")


def send(secret: str, method: str, **params: Any) -> Any:
    """Send one message, and return the answer over HTTP."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, **({"params": params} if params else {})}
    client = Client(headers={"Authorization": f"Bearer {secret}"} if secret else {})
    return client.post("/mcp/", message, content_type="application/json")


def tool(secret: str, called: str, /, **arguments: Any) -> Any:
    """Call a tool, and return what it says. Raises ToolError."""
    answer = send(secret, "tools/call", name=called, arguments=arguments)
    assert answer.status_code == 200, answer.content
    result = answer.json()["result"]
    (content,) = result["content"]
    if result.get("isError"):
        raise ToolError(content["text"])
    return json.loads(content["text"])


@pytest.fixture
def call() -> Call:
    """Call a tool as this user, with a new token of his; `scopes`, `queues` and `targets` are the token's."""
    secrets: dict[Any, str] = {}

    def do(user: User, name: str, /, token: dict[str, Any] | None = None, **arguments: Any) -> Any:
        key = (user.pk, repr(token))
        secrets.setdefault(key, secret_of(user, **(token or {})))
        return tool(secrets[key], name, **arguments)

    return do
