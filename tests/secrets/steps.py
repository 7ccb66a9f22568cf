"""A canary, and where it can be looked for."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import redis
from django.conf import settings
from django.db import connection

CANARY = "canary-7f3a/b+Zq=9 x"  # with what is written in another way in addresses and HTML
TOKEN = f"Bearer {CANARY.replace(' ', '')}"
PARTS = (CANARY, CANARY.replace(" ", ""), "canary-7f3a", quote(CANARY, safe=""))
TABLES = """
    SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""


def has_canary(text: object) -> bool:
    """Whether any part of it is there, however it is written."""
    whole = str(text)
    return any(part in whole for part in PARTS) or base64.b64encode(CANARY.encode()).decode()[:12] in whole


def in_database() -> dict[str, set[str]]:
    """The tables in which a canary stands, each with the columns: all rows of all tables are read."""
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT to_jsonb(one)::text FROM {table} AS one")
            for (row,) in cursor.fetchall():
                columns = {name for name, value in json.loads(row).items() if has_canary(json.dumps(value))}
                if columns:
                    found.setdefault(table, set()).update(columns)
    return found


def in_broker() -> list[str]:
    """The keys of the broker whose values have a canary, bodies of messages too."""
    broker = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    return [key.decode() for key in broker.scan_iter() if any(map(has_canary, _values(broker, key)))]


def messages() -> int:
    broker = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    return sum(1 for key in broker.scan_iter() for _ in _values(broker, key))


def _values(broker: Any, key: bytes) -> Iterator[str]:
    kind = broker.type(key)
    if kind == b"list":
        found = broker.lrange(key, 0, -1)
    elif kind == b"hash":
        found = broker.hvals(key)
    elif kind == b"zset":
        found = broker.zrange(key, 0, -1)
    elif kind == b"set":
        found = list(broker.smembers(key))
    else:
        found = [broker.get(key)]
    for value in found:
        text = value.decode("utf-8", "replace")
        yield text
        yield from _bodies(text)


def _bodies(text: str) -> Iterator[str]:
    try:
        message = json.loads(text)
    except ValueError:
        return
    for one in message if isinstance(message, list) else [message]:
        if isinstance(one, Mapping) and isinstance(one.get("body"), str):
            yield base64.b64decode(one["body"]).decode("utf-8", "replace")
