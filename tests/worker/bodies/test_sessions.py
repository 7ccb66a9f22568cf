"""A body's database connections are its own, on whatever thread: healthy before it and clean after it."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection, connections, transaction

from jobs.states import State
from jobs.worker.run import runner
from tests.worker.bodies.ways import ask, backend, every_way, on_the_slot, through, through_asgiref


def begin():
    """Leaves a transaction open."""
    transaction.set_autocommit(False)
    User.objects.create_user("left-open")


async def nap():
    await sync_to_async(ask)("SELECT 1 FROM pg_sleep(1)")


def test_a_transaction_around_a_body_stays_who_began_it(worker):
    """A test of one's own target, run in its thread: it asks the database, and the caller goes on."""
    connection.close()  # the next one knows which bodies have used it
    with transaction.atomic():
        user = User.objects.create_user("before")
        armed = worker.armed(backend, {}, 0.02)
        ended = runner.run(armed)
        assert (ended.outcome, ended.result) == (State.COMPLETED, str(backend()))
        assert User.objects.filter(pk=user.pk).exists()
        transaction.set_rollback(True)


def test_coroutines_in_five_slots_ask_the_database_at_the_same_time(worker):
    worker.together(nap, [{}] * 5)  # connections are made
    begun = time.monotonic()
    ends = worker.together(nap, [{}] * 5)
    assert {ended.outcome for ended in ends} == {State.COMPLETED}, [ended.error for ended in ends]
    assert time.monotonic() - begun < 3  # seconds; one after the other it would be 5


def test_a_connection_made_beside_django_s_is_closed_with_its_body_and_django_s_is_kept(worker):
    made = []

    def beside():
        made.append(connection.copy())
        made[0].cursor().execute("SELECT 1")
        return backend()

    ended = worker.run(beside)
    assert (ended.outcome, made[0].connection) == (State.COMPLETED, None)
    assert worker.run(backend).result == ended.result


@every_way
def test_a_transaction_left_open_is_rolled_back_and_fails_the_job(worker, way):
    ended = worker.run(through(way, begin))
    assert ended.outcome == State.FAILED
    assert "left a transaction open (default)" in ended.error
    assert not User.objects.exists()


@every_way
def test_what_follows_an_open_transaction_is_committed(worker, way):
    def write():
        User.objects.create_user("next")

    worker.run(through(way, begin))
    ended = worker.run(through(way, write))
    assert ended.outcome == State.COMPLETED, ended.error
    assert list(User.objects.values_list("username", flat=True)) == ["next"]


@every_way
def test_a_block_that_is_entered_and_not_left_is_an_open_transaction(worker, way):
    def enter():
        transaction.atomic().__enter__()
        User.objects.create_user("left-open")

    assert worker.run(through(way, enter)).outcome == State.FAILED
    ended = worker.run(through(way, backend))
    assert ended.outcome == State.COMPLETED, ended.error
    assert not User.objects.exists()


@every_way
def test_after_a_restart_of_the_database_the_next_body_has_a_good_connection(worker, way):
    pid = worker.run(through(way, backend)).result
    ask("SELECT pg_terminate_backend(%s, 5000)", int(pid))
    ended = worker.run(through(way, backend))
    assert ended.outcome == State.COMPLETED, ended.error
    assert ended.result != pid


@every_way
def test_what_a_session_remembers_does_not_reach_the_next_body(worker, way):
    def soil():
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = nowhere")
            cursor.execute("SET statement_timeout = 1234")
            cursor.execute("SET TIME ZONE 'Asia/Kathmandu'")
            cursor.execute("CREATE TEMP TABLE left_here (n int)")
            cursor.execute("PREPARE left_here AS SELECT 1")
            cursor.execute("SELECT pg_advisory_lock(4711)")

    def look():
        return [
            ask("SHOW search_path")[0],
            ask("SHOW statement_timeout")[0],
            ask("SHOW TimeZone")[0],
            ask("SELECT count(*) FROM pg_class WHERE relname = 'left_here'")[0],
            ask("SELECT count(*) FROM pg_prepared_statements")[0],
        ]

    clean = worker.run(through(way, look)).result
    assert worker.run(through(way, soil)).outcome == State.COMPLETED
    assert worker.run(through(way, look)).result == clean
    assert ask("SELECT pg_try_advisory_lock(4711)")[0]
    ask("SELECT pg_advisory_unlock(4711)")


@every_way
def test_no_connection_is_left_behind_but_those_of_the_slot(worker, way):
    def count():
        """Those of clients: autovacuum comes and goes."""
        mine = "datname = current_database() AND backend_type = 'client backend'"
        return ask(f"SELECT count(*) FROM pg_stat_activity WHERE {mine}")[0]

    before = count()
    for _ in range(3):
        assert worker.run(through(way, backend)).outcome == State.COMPLETED
    assert count() <= before + 1


@pytest.mark.parametrize("way", [through_asgiref, on_the_slot], ids=lambda way: way.__name__)
def test_bodies_of_one_slot_share_a_connection(worker, way):
    assert worker.run(through(way, backend)).result == worker.run(through(way, backend)).result


def test_coroutines_use_django_s_own_asynchronous_calls(worker):
    async def count():
        await User.objects.acreate(username="a")
        return await User.objects.acount()

    ended = worker.run(count)
    assert (ended.outcome, ended.result) == (State.COMPLETED, "1")


def test_a_statement_that_a_cancelled_coroutine_leaves_running_is_cancelled(worker):
    async def give_up():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sync_to_async(ask)("SELECT 1 FROM pg_sleep(60)"), 0.2)

    begun = time.monotonic()
    worker.run(give_up)
    assert time.monotonic() - begun < 30
    ended = worker.run(through(through_asgiref, backend))
    assert ended.outcome == State.COMPLETED, ended.error


def test_a_thread_that_outlives_its_body_loses_its_connection(worker):
    go, seen = threading.Event(), []

    def late():
        seen.append(backend())
        go.wait(30)
        seen.append(ask("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", seen[0])[0])
        connections.close_all()

    def leave():
        thread = threading.Thread(target=late)
        seen.append(thread)
        thread.start()
        while len(seen) < 2:
            time.sleep(0.01)

    assert worker.run(leave).outcome == State.COMPLETED
    thread = seen.pop(0)
    go.set()
    thread.join(30)
    assert seen[1] == 0  # another connection asks, and the first is gone


def test_bodies_that_do_not_use_the_database_ask_it_nothing(worker):
    def use():
        return backend()

    def look():
        return None

    pid = int(worker.run(use).result)
    asked = ask("SELECT query, state_change FROM pg_stat_activity WHERE pid = %s", pid)
    worker.run(look)
    assert ask("SELECT query, state_change FROM pg_stat_activity WHERE pid = %s", pid) == asked
