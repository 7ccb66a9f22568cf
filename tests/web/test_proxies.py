"""Whose word for the caller's address and scheme is taken."""

from __future__ import annotations

import asyncio

import pytest

from project.web.server import Server

THEIRS, SAID = ("127.0.0.1", "http"), ("203.0.113.9", "https")


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [([], THEIRS), (["10.0.0.5"], THEIRS), (["127.0.0.1"], SAID), (["10.0.0.5", "127.0.0.0/8"], SAID)],
)
def test_only_the_proxies_that_are_named_are_believed(settings, monkeypatch, proxies, seen):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    settings.JOBS_PROXIES = proxies
    found = []

    async def door(scope, receive, send):
        found.append((scope["client"][0], scope["scheme"]))

    config = Server(door).config
    config.load()
    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "scheme": "http", "client": ("127.0.0.1", 4711), "headers": headers}
    asyncio.run(config.loaded_app(scope, None, None))
    assert found == [seen]
