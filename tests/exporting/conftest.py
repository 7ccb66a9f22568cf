"""Somebody who sees everything, and what a list that was taken out says."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.monitor.conftest import at, broker_answers, fresh_cache, in_a_team, person  # noqa: F401


@pytest.fixture
def ada(db: None, client: Client) -> User:
    user = User.objects.create_superuser("augusta", "augusta@example.com", "correct horse")
    client.force_login(user)
    return user


def lines(client: Client, address: str, **query: Any) -> list[dict[str, Any]]:
    """Return the rows of a list, taken out as lines of JSON."""
    answer = client.get(address, {**query, "format": "ndjson"})
    assert answer.status_code == 200, (address, answer.content)
    assert answer["Content-Type"] == "application/x-ndjson; charset=utf-8"
    return [json.loads(line) for line in answer.getvalue().decode().splitlines()]


def table(client: Client, address: str, **query: Any) -> list[list[str]]:
    """Return the lines of a list, taken out as CSV, its head among them."""
    answer = client.get(address, {**query, "format": "csv"})
    assert answer.status_code == 200, (address, answer.content)
    assert answer["Content-Disposition"].endswith('.csv"')
    return list(csv.reader(io.StringIO(answer.getvalue().decode(), newline="")))


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """Yield the named addresses of pages: not those of the admin and of REST."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLPattern):
            if one.name and not one.name.startswith("api-"):
                yield one
        elif one.app_name != "admin":
            yield from patterns(one)


def address_of(pattern: URLPattern) -> str:
    """Return the address of a page; of one with a name in it that of the form `report`."""
    return reverse(str(pattern.name), args=["report"] if pattern.pattern.converters else [])
