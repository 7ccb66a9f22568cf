"""A caller with a token, and what every refusal must look like."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.bearing import secret_of
from tests.monitor.conftest import fresh_cache  # noqa: F401

JOBS = "/api/v1/jobs/"


def ahead(seconds: float = 3600) -> str:
    return (datetime.now(tz=UTC) + timedelta(seconds=seconds)).isoformat()


def new_job(**fields: Any) -> dict[str, Any]:
    return {"target": "demo.sleep", "payload": {"seconds": 0.1}, "run_at": ahead(), **fields}


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def operator(user: User) -> User:
    wanted = ["add_job", "view_job", "control_job"]
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="jobs", codename__in=wanted))
    return user


def bearer(user: User, **kwargs: Any) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret_of(user)}"}, **kwargs)


@pytest.fixture
def api(operator: User) -> Client:
    return bearer(operator)


Problem = Callable[..., dict[str, Any]]


@pytest.fixture
def problem() -> Problem:
    """Assert that this is a problem of that status, whole and without a page, and return it."""

    def check(response: Any, status: int, field: str | None = None, says: str = "") -> dict[str, Any]:
        assert response.status_code == status, response.content[:500]
        assert response["Content-Type"] == "application/problem+json"
        body: dict[str, Any] = response.json()
        assert body["status"] == status
        assert body["type"].startswith("urn:runat:problem:")
        assert body["title"]
        assert says.lower() in body["detail"].lower()
        if field is not None:
            messages = [error["message"] for error in body["errors"] if error["field"] == field]
            assert messages, body["errors"]
            assert any(says.lower() in message.lower() for message in messages), messages
        return body

    return check
