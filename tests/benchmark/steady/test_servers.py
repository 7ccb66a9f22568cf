import socket

import psutil
import pytest
from celery import current_app
from django.db import connection

from verification.benchmark.steady import servers

pytestmark = pytest.mark.django_db


def is_here() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return psutil.pid_exists(pid) and "postgres" in psutil.Process(pid).name()


def test_a_server_without_accounts_is_asked_by_who_listens_on_its_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        own = psutil.Process().cpu_times()
        found = servers.broker_cpu(f"amqp://guest@127.0.0.1:{port}//")
        assert found is not None
        assert found >= own.user + own.system
        assert servers.broker_cpu(f"amqp://guest@elsewhere.example:{port}//") is None
    assert servers.broker_cpu(f"amqp://guest@127.0.0.1:{port}//") is None


def test_what_the_servers_take_is_seen():
    if not is_here():
        pytest.skip("PostgreSQL runs elsewhere")
    before = servers.cpu()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(sqrt(n)) FROM generate_series(1, 1000000) n")
    after = servers.cpu()
    assert 0.01 < after["postgresql"] - before["postgresql"] < 60
    assert "broker" in after or not str(current_app.conf.broker_url).startswith("redis")
    assert after.get("broker", 0) >= before.get("broker", 0)
