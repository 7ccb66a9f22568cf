"""CPU time both servers have taken so far, where they say so or run on this machine."""

from __future__ import annotations

from urllib.parse import urlsplit

import psutil
import redis
from django.conf import settings
from django.db import connection

AMQP_PORT = 5672
LOCAL = ("localhost", "127.0.0.1", "::1")


def cpu() -> dict[str, float]:
    """Seconds, by server; those that cannot be read are left out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), current_database()")
        pid, database = cursor.fetchone()
    found = {"postgresql": postgresql_cpu(pid, database), "broker": broker_cpu(settings.CELERY_BROKER_URL)}
    return {name: seconds for name, seconds in found.items() if seconds is not None}


def postgresql_cpu(pid: int, database: str) -> float | None:
    """Return the seconds of all processes of the server, whatever database they serve. None when it runs elsewhere.

    `pid`: a connection's process there, and the `database` it is connected to.
    """
    try:
        backend = psutil.Process(pid)
        # Of a server elsewhere the number may be anybody's here; ours has its database in its title.
        if "postgres" not in backend.name() or database not in " ".join(backend.cmdline()):
            return None
        server = backend.parent()
        if server is None:
            return None
        own = server.cpu_times()
        spent = own.user + own.system + own.children_user + own.children_system  # of those that have ended, too
    except psutil.Error:
        return None
    for child in server.children():
        try:
            times = child.cpu_times()
        except psutil.Error:
            continue
        spent += times.user + times.system
    return float(spent)


def broker_cpu(url: str) -> float | None:
    """Return the broker's seconds: Redis and Valkey tell theirs, RabbitMQ's is its process's, if it runs here. None
    where neither is to be had."""
    if urlsplit(url).scheme.startswith("redis"):
        with redis.Redis.from_url(url) as client:
            usage = client.info("cpu")
        return float(usage["used_cpu_user"]) + float(usage["used_cpu_sys"])
    return _listener_cpu(urlsplit(url).hostname or "", urlsplit(url).port or AMQP_PORT)


def messages(url: str) -> int | None:
    """Return how many messages have been put into queues so far, whoever did; None of a broker that does not tell:
    only Redis and Valkey do."""
    if not urlsplit(url).scheme.startswith("redis"):
        return None
    with redis.Redis.from_url(url) as client:
        commands = client.info("commandstats")
    return int(commands.get("cmdstat_lpush", {"calls": 0})["calls"])


def messages_since(before: int | None, url: str) -> int | None:
    """Return how many have been put into queues since there were `before`; None where the broker does not tell."""
    now = messages(url)
    return None if before is None or now is None else now - before


def _listener_cpu(host: str, port: int) -> float | None:
    if host not in LOCAL:
        return None
    try:
        for found in psutil.net_connections("tcp"):
            if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port and found.pid:
                times = psutil.Process(found.pid).cpu_times()
                return float(times.user + times.system)
    except psutil.Error:  # not ours to look at
        pass
    return None
