"""The lock is a lease: whoever is killed, stopped or behind a transaction pooler does not lead."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from datetime import UTC, datetime

import pytest
from django.db import connection, connections

from jobs.scheduler import WindowScheduler, locksession
from jobs.scheduler import leader as leader_module
from jobs.scheduler.leader import Leader
from jobs.scheduler.locksession import SESSION_SETTINGS, BehindPooler
from launcher.home import temporary_home
from launcher.servers.account import server_account

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def leader():
    leader = Leader("a")
    assert leader.lead(NOW)
    yield leader
    leader.step_down()


def test_the_server_enforces_the_lease(leader):
    with leader.lock.session.cursor() as cursor:
        for name, value in SESSION_SETTINGS.items():
            cursor.execute("SELECT current_setting(%s)", [name])
            assert cursor.fetchone()[0] in (value, "0"), "0: a socket that is no TCP socket"
        cursor.execute("SHOW idle_session_timeout")
        assert cursor.fetchone() == ("6s",)


def test_our_end_gives_up_on_a_silent_network(leader):
    parameters = leader.lock.session.connection.info.get_parameters()
    assert parameters["tcp_user_timeout"] == "6000"
    assert (parameters["keepalives_idle"], parameters["connect_timeout"]) == ("2", "3")
    assert connections["default"].settings_dict["OPTIONS"]["tcp_user_timeout"] == 20_000, "only on this connection"


def test_within_a_second_of_a_sign_of_life_it_does_not_ask_again(leader, monkeypatch):
    monkeypatch.setattr(leader, "lead", lambda now: pytest.fail("asked again"))
    assert leader.still(NOW)


def test_a_leader_that_was_stopped_and_woken_finds_out_before_it_publishes(leader, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [leader.lock.session.connection.info.backend_pid])
    woken = leader_module.steady() + 60
    monkeypatch.setattr(leader_module, "steady", lambda: woken)
    assert not leader.still(NOW)
    assert not leader.leading


@pytest.fixture
def read_only(leader):
    """The leader, whose session can write no longer, as after a switchover behind its back."""
    with leader.lock.session.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    return leader


def test_a_leader_that_can_write_no_longer_stands_by(read_only):
    assert not read_only.lead(NOW)
    assert not read_only.leading


def test_a_sign_of_life_of_one_that_can_write_no_longer_does_not_count(read_only, monkeypatch):
    at = leader_module.steady()
    monkeypatch.setattr(leader_module, "steady", lambda: at)  # a sign of life would count for a second
    read_only.ping(0)
    assert not read_only.still(NOW)
    assert not read_only.leading


def test_a_standby_is_never_sure(leader):
    standby = Leader("b")
    assert not standby.lead(NOW)
    assert not standby.still(NOW)
    standby.step_down()


CONFIGURATION = """
[databases]
* = host={HOST} port={PORT} user={USER} password={PASSWORD} pool_size=5
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
ignore_startup_parameters = extra_float_digits,options
"""


@pytest.fixture(params=["transaction", "session"])
def pooler(request, transactional_db):
    """A real PgBouncer before the test database."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        assert not os.environ.get("CI"), "CI has PgBouncer"
        pytest.skip("PgBouncer is not installed (apt install pgbouncer)")
    where = connection.settings_dict
    with temporary_home() as home:
        port = home.new_port("pgbouncer")
        values = {name: where[name] for name in ("HOST", "PORT", "USER")}
        text = CONFIGURATION.format(port=port, mode=request.param, PASSWORD=where["PASSWORD"] or "none", **values)
        path = home.write_private("pgbouncer.ini", text, owner=home.account)
        account = server_account()
        command = [program, *(["-u", account.name] if account else []), str(path)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield request.param, port
        finally:
            process.terminate()
            process.wait(10)


def reach(leader, port):
    """Connect through the pooler, which takes a moment to listen."""
    through = {**connection.settings_dict, "HOST": "127.0.0.1", "PORT": port, "NAME": connection.settings_dict["NAME"]}
    original = connections.create_connection

    def create(alias):
        made = original(alias)
        made.settings_dict = through
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "create_connection", create)
        until = time.monotonic() + 20
        while True:
            try:
                return leader.connect()
            except BehindPooler:
                raise
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)


def test_no_leader_is_elected_through_a_transaction_pooler(pooler):
    mode, port = pooler
    leader = Leader("a")
    if mode == "transaction":
        with pytest.raises(BehindPooler, match="pool_mode = session"):
            reach(leader, port)
    else:
        reach(leader, port)
        assert leader.lead(NOW)
    leader.step_down()


def test_beat_refuses_to_start_there_with_the_remedy(monkeypatch):
    def refuse(session):
        raise BehindPooler("the sentence with the remedy")

    monkeypatch.setattr(locksession, "_refuse_pooler", refuse)
    with pytest.raises(SystemExit, match="RunAt cannot start beat: the sentence with the remedy"):
        WindowScheduler(None)
    standing_by = Leader("a")
    assert not standing_by.lead(NOW)
