"""One kind of lock for the beat that leads and the watcher that judges."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import DatabaseError, InterfaceError, connection

from jobs.alerts.watcher import Watcher
from jobs.installation import known
from jobs.scheduler.leader import Leader
from jobs.scheduler.locksession import SessionLock

pytestmark = pytest.mark.django_db(transaction=True)


def lease_of(lock: SessionLock) -> str:
    with lock.session.cursor() as cursor:
        cursor.execute("SHOW idle_session_timeout")
        found: str = cursor.fetchone()[0]
    return found


def test_one_of_two_has_it_and_the_other_when_it_is_given_back() -> None:
    one, two = (SessionLock(lambda: known.read().watch_lock) for _ in range(2))
    try:
        assert (one.take(), two.take()) == (True, False)
        assert one.take(), "it still has it"
        one.give_back()
        assert two.take()
    finally:
        one.give_back()
        two.give_back()
    assert not one.is_open
    assert not two.is_open
    assert not two.taken


@pytest.mark.parametrize("heard", [SessionLock.take, SessionLock.show])
def test_one_that_has_lost_its_session_has_not_the_lock_whoever_has_heard_of_it(
    heard: Callable[[SessionLock], object],
) -> None:
    """The session would connect anew by itself, and a new one answers as the old one did."""
    one, two = (SessionLock(lambda: known.read().watch_lock) for _ in range(2))
    try:
        assert one.take()
        with one.session.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (lost,) = cursor.fetchone()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [lost])
        with suppress(DatabaseError, InterfaceError):
            heard(one)
        assert two.take()
        assert not one.take()
    finally:
        one.give_back()
        two.give_back()


def test_a_leader_and_a_watcher_do_not_stand_in_each_others_way_and_have_their_own_patience() -> None:
    leader, watcher = Leader("beat@test"), Watcher("watch@test")
    try:
        assert (leader.lock.take(), watcher.lock.take()) == (True, True)
        assert (lease_of(leader.lock), lease_of(watcher.lock)) == ("6s", "30s")
    finally:
        leader.lock.give_back()
        watcher.lock.give_back()
