"""The ways by which a body, or what it calls, comes to a database connection."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection


def ask(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()


def backend():
    return ask("SELECT pg_backend_pid()")[0]


async def through_asgiref(act):
    return await sync_to_async(act)()


async def through_to_thread(act):
    return await asyncio.to_thread(act)


async def through_own_executor(act):
    with ThreadPoolExecutor(1) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, act)


def on_the_slot(act):
    return act()


def on_own_executor(act):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


def on_own_thread(act):
    found = []
    thread = threading.Thread(target=lambda: found.append(act()))
    thread.start()
    thread.join()
    return found[0]


def around_a_coroutine(act):
    return async_to_sync(through_asgiref)(act)


def on_own_loop(act):
    return asyncio.run(through_asgiref(act))


lasting = ThreadPoolExecutor(1)


def on_a_lasting_executor(act):
    return lasting.submit(act).result()


WAYS = [
    through_asgiref,
    through_to_thread,
    through_own_executor,
    on_the_slot,
    on_own_executor,
    on_own_thread,
    around_a_coroutine,
    on_own_loop,
    on_a_lasting_executor,
]
every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


def through(way, act):
    """A body, without arguments, that does this that way."""
    if asyncio.iscoroutinefunction(way):

        async def body():
            return await way(act)
    else:

        def body():
            return way(act)

    return body
