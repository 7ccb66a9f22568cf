"""Somebody with a password, and an authenticator in software."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

PASSWORD = "a long enough one"


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ada(db):
    return User.objects.create_user("ada", email="ada@example.com", password=PASSWORD)


@pytest.fixture
def enter():
    """Log in by the page; returns the answer."""

    def log_in(client, code="", password=PASSWORD, **more):
        return client.post("/login/", {"username": "ada", "password": password, "code": code}, **more)

    return log_in


def code_of(device: TOTPDevice, *, ahead: int = 0) -> str:
    """What the app shows `ahead` steps from now: none is taken twice, and nobody waits 30 s here."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + ahead * device.step
    return f"{totp.token():06d}"
