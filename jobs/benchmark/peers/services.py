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

from jobs.benchmark.peers.environment import Unavailable
from jobs.benchmark.peers.peer import Peer

DATABASES_OF_REDIS = 16
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
    """The address of a broker that the peer can use, where nothing is in its way; emptied at the end.

    On Redis that is an empty database beside ours, on RabbitMQ a queue of its own. Raises Unavailable.
    """
    own = settings.CELERY_BROKER_URL
    kind = "redis" if own.startswith("redis") else "amqp"
    if not peer.broker:
        yield ""
    elif kind not in peer.broker:
        raise Unavailable(f"needs {' or '.join(peer.broker)} as its broker, and this round has {kind}")
    elif kind == "redis":
        with _redis(own) as url:
            yield url
    else:
        try:
            yield own
        finally:
            with current_app.connection_for_write() as amqp:
                channel: Any = amqp.default_channel
                channel.queue_delete(queue)


@contextmanager
def _redis(own: str) -> Iterator[str]:
    parts = urlsplit(own)
    first = int(parts.path.strip("/") or 0) + 1
    for number in (n % DATABASES_OF_REDIS for n in range(first, first + DATABASES_OF_REDIS - 1)):
        url = parts._replace(path=f"/{number}").geturl()
        with redis.Redis.from_url(url) as client:
            if client.dbsize():
                continue
            try:
                yield url
            finally:
                client.flushdb()
            return
    raise Unavailable("found no empty database in this Redis")
