"""A throw-away database and a place in the broker for one peer, on the servers that RunAt uses itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import redis
from celery import current_app
from django.conf import settings
from django.db import connection
from psycopg import sql

from verification.benchmark.peers.environment import Unavailable
from verification.benchmark.peers.peer import Peer

CALLS = """
SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = %s)
"""


@contextmanager
def database(peer: Peer, name: str) -> Iterator[str]:
    """An empty database of that name, and its address; dropped at the end, whoever is connected."""
    if not peer.uses_database:
        yield ""
        return
    _execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        # The one scheme that every driver knows; ours takes its other names too.
        yield urlsplit(os.environ["DATABASE_URL"])._replace(scheme="postgresql", path=f"/{name}").geturl()
    finally:
        _execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(statement: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def calls(name: str) -> int | None:
    """Statements that the database of that name has had so far; None where nobody counts them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_stat_statements')")
        if cursor.fetchone()[0] is None:
            return None
        cursor.execute(CALLS, [name])
        return int(cursor.fetchone()[0])


@contextmanager
def broker(peer: Peer, queue: str) -> Iterator[str]:
    """The address of the broker, if the peer can use it; what it keeps there is removed at the end.

    The peer's queue, or on Redis all its keys, have `queue` in their name. Raises Unavailable.
    """
    url = settings.CELERY_BROKER_URL
    kind = "redis" if url.startswith("redis") else "amqp"
    if not peer.broker:
        yield ""
        return
    if kind not in peer.broker:
        raise Unavailable(f"needs {' or '.join(peer.broker)} as its broker, and this round has {kind}")
    try:
        yield url
    finally:
        _remove_keys(url, queue) if kind == "redis" else _remove_queue(queue)


def _remove_keys(url: str, word: str) -> None:
    with redis.Redis.from_url(url) as client:
        if keys := list(client.scan_iter(match=f"*{word}*")):
            client.delete(*keys)


def _remove_queue(name: str) -> None:
    with current_app.connection_for_write() as amqp:
        channel: Any = amqp.default_channel
        channel.queue_delete(name)
