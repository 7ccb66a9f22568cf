"""Prefer: wait=N beside ?wait=N, and Preference-Applied where it was heeded."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, RequestFactory
from rest_framework.request import Request

from jobs.api import patience
from jobs.api.headers.preferences import preferred_wait
from jobs.models import Trigger
from tests.api.conftest import bearer

URL = "/api/v1/triggers/books/"
THREADS: dict[str, Any] = {"wsgi.multithread": True}


@pytest.fixture
def caller(operator: User) -> Client:
    Trigger.objects.create(name="books", target="demo.noop", payload={})
    operator.user_permissions.add(*Permission.objects.filter(codename="fire_trigger"))
    return bearer(operator)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("wait=10", 10.0),
        ("WAIT = 10", 10.0),
        ('wait="10"', 10.0),
        ("respond-async, wait=10;x=y", 10.0),
        ('foo="a, wait=5, b;c", wait=7', 7.0),
        ("wait=10, wait=20", 10.0),
        ("wait=3600", patience.LONGEST_WAIT),
        ("wait=1.5", 0.0),
        ("wait=-1", 0.0),
        ("wait", 0.0),
        ("waiting=5", 0.0),
        (",,=,;", 0.0),
        ('"', 0.0),
        ("", 0.0),
    ],
)
def test_what_a_caller_prefers(said: str, seconds: float) -> None:
    request = Request(RequestFactory().post(URL, headers={"Prefer": said}))
    assert preferred_wait(request) == seconds


def test_a_wait_that_was_heeded_is_said(caller: Client) -> None:
    before = time.monotonic()
    answer = caller.post(URL, headers={"Prefer": "wait=1"}, **THREADS)
    assert time.monotonic() - before >= 1
    assert (answer.status_code, answer["Preference-Applied"]) == (202, "wait=1")


def test_one_that_was_not_heeded_is_not_said(caller: Client) -> None:
    answer = caller.post(URL, headers={"Prefer": "wait=30"})
    assert (answer.status_code, "Preference-Applied" in answer) == (202, False), "a process of one thread"
    assert "Preference-Applied" not in caller.post(URL, headers={"Prefer": "wait=0"}, **THREADS)
    assert "Preference-Applied" not in caller.post(URL, headers={"Prefer": "return=minimal"}, **THREADS)


def test_the_address_goes_before_the_header(caller: Client) -> None:
    before = time.monotonic()
    answer = caller.post(f"{URL}?wait=0.1", headers={"Prefer": "wait=60"}, **THREADS)
    assert (time.monotonic() - before < 30, "Preference-Applied" in answer) == (True, False)
