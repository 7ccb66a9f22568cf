"""One beat leads; the lock is on a connection of its own, and nobody waits for it inside the database."""

from datetime import UTC, datetime, timedelta

from django.db import connection

from jobs.models import Leadership
from jobs.scheduler.leader import Leader

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def sessions_of(leader):
    return leader.lock.session.connection.info.backend_pid


def test_only_one_of_two_leads_and_the_other_follows_when_it_ends():
    first, second = Leader("first"), Leader("second")
    assert first.lead(NOW)
    assert not second.lead(NOW)
    assert (first.leading, second.leading) == (True, False)
    assert first.lead(NOW)
    first.step_down()
    assert second.lead(NOW)
    assert second.epoch == first_epoch_plus(1)
    second.step_down()


def first_epoch_plus(n):
    return Leadership.objects.get().epoch - 1 + n


def test_each_change_of_leader_is_a_new_epoch():
    leader = Leader("a")
    leader.lead(NOW)
    epoch = leader.epoch
    leader.step_down()
    leader.lead(NOW)
    assert leader.epoch == epoch + 1
    row = Leadership.objects.get()
    assert (row.holder, row.epoch, row.elected_at) == ("a", leader.epoch, NOW)
    leader.step_down()
    leader.step_down()


def test_a_leader_whose_session_the_server_ended_stands_by():
    leader, other = Leader("a"), Leader("b")
    leader.lead(NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [sessions_of(leader)])
    assert not leader.lead(NOW)
    assert not leader.leading
    assert other.lead(NOW)
    other.step_down()


def test_the_lock_is_free_before_the_server_has_noticed_that_the_session_is_closed(monkeypatch):
    leader, other = Leader("a"), Leader("b")
    leader.lead(NOW)
    session = leader.lock.session
    monkeypatch.setattr(session, "close", lambda: None)
    leader.step_down()
    assert other.lead(NOW)
    other.step_down()
    monkeypatch.undo()
    session.close()


def test_stepping_down_on_a_dead_connection_is_no_error():
    leader, other = Leader("a"), Leader("b")
    leader.lead(NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [sessions_of(leader)])
    leader.step_down()
    assert not leader.leading
    assert other.lead(NOW)
    other.step_down()


def test_a_standby_holds_no_snapshot():
    """A session inside a waiting pg_advisory_lock() would keep vacuum from removing dead rows."""
    leader, standby = Leader("a"), Leader("b")
    leader.lead(NOW)
    standby.lead(NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT backend_xmin, state FROM pg_stat_activity WHERE pid = ANY(%s)",
            [[sessions_of(leader), sessions_of(standby)]],
        )
        assert cursor.fetchall() == [(None, "idle")] * 2
    leader.step_down()
    standby.step_down()


def test_the_server_ends_the_session_of_a_leader_that_falls_silent():
    leader = Leader("a")
    leader.lead(NOW)
    with leader.lock.session.cursor() as cursor:
        cursor.execute("SHOW idle_session_timeout")
        assert cursor.fetchone() == ("6s",)
    leader.step_down()


def test_progress_tells_a_successor_what_may_not_have_been_published():
    leader = Leader("a")
    leader.lead(NOW)
    assert leader.progress().unpublished_since is None
    assert leader.record_listed(now=NOW, horizon=NOW, found=3)
    assert leader.progress().unpublished_since == NOW
    assert leader.record_published(NOW)
    assert leader.progress().unpublished_since is None
    assert leader.progress().listed_until == NOW
    leader.step_down()


def test_the_oldest_moment_is_kept_until_everything_is_published():
    """Also when a successor's clock is behind its predecessor's."""
    leader = Leader("a")
    leader.lead(NOW)
    for seconds, oldest in ((0, 0), (10, 0), (-1, -1), (20, -1)):
        moment = NOW + timedelta(seconds=seconds)
        assert leader.record_listed(now=moment, horizon=moment, found=1)
        assert leader.progress().unpublished_since == NOW + timedelta(seconds=oldest)
    leader.record_published(NOW)
    later = NOW + timedelta(seconds=30)
    leader.record_listed(now=later, horizon=later, found=1)
    assert leader.progress().unpublished_since == later
    leader.step_down()


def test_a_leader_of_an_earlier_epoch_records_nothing():
    leader = Leader("a")
    leader.lead(NOW)
    Leadership.objects.update(epoch=leader.epoch + 1)
    assert not leader.record_listed(now=NOW, horizon=NOW, found=3)
    assert Leadership.objects.get().listed_at is None
    leader.step_down()
