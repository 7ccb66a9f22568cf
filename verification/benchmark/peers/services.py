"""A throw-away database and a place in the broker for one peer, on the servers that RunAt uses itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import redis
from django.db import connection
from kombu import Connection
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
    create_database(name)
    try:
        yield address(name)
    finally:
        drop_database(name)


def address(name: str) -> str:
    """The URL of a database of our server."""
    # The one scheme that every driver knows; ours takes its other names too.
    return urlsplit(os.environ["DATABASE_URL"])._replace(scheme="postgresql", path=f"/{name}").geturl()


def create_database(name: str, template: str = "") -> None:
    """Create a database: an empty one, or a copy of one that nobody is connected to."""
    copied = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    _execute(sql.SQL("CREATE DATABASE {}{}").format(sql.Identifier(name), copied))


def is_there(name: str) -> bool:
    """Return whether there is a database of that name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [name])
        return bool(cursor.fetchone()[0])


def drop_database(name: str) -> None:
    """Drop a database, whoever is connected, if it is there."""
    _execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


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
def broker(peer: Peer, queue: str, url: str) -> Iterator[str]:
    """The address of the broker, if the peer can use it; what it keeps there is removed at the end.

    The peer's queue, or on Redis all its keys, have `queue` in their name. Raises Unavailable.
    """
    kind = kind_of(url)
    if not peer.broker:
        yield ""
        return
    if kind not in peer.broker:
        raise Unavailable(f"needs {' or '.join(peer.broker)} as its broker, and this round has {kind}")
    try:
        yield url
    finally:
        forget(url, queue)


def kind_of(url: str) -> str:
    return "redis" if url.startswith("redis") else "amqp"


def forget(url: str, queue: str) -> None:
    """Delete the queue from the broker, and on Redis all keys that have `queue` in their name."""
    if kind_of(url) == "amqp":
        with Connection(url) as amqp:
            channel: Any = amqp.default_channel
            channel.queue_delete(queue)
            channel.exchange_delete(queue)
        return
    with redis.Redis.from_url(url) as client:
        if keys := list(client.scan_iter(match=f"*{queue}*")):
            client.delete(*keys)
