"""Targets that ask the database. Registered in the workers of these tests only: `celery worker -I`."""

from __future__ import annotations

import time

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection, transaction

from jobs.targets import target


def ask(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


@target("queries.nap")
async def nap(seconds: float = 0.0) -> list[str]:
    """From when to when, in seconds since the epoch; as text, for it is exact."""
    begun = time.time()
    await sync_to_async(ask)(seconds)
    return [str(begun), str(time.time())]


@target("queries.count")
async def count() -> int:
    return await User.objects.acount()


@target("queries.write")
async def write(name: str) -> None:
    await User.objects.acreate(username=name)


def begin(name: str) -> None:
    transaction.set_autocommit(False)
    User.objects.create(username=name)


@target("queries.poison")
async def poison(name: str) -> None:
    await sync_to_async(begin)(name)
