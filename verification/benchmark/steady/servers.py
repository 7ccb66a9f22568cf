"""CPU time both servers have taken so far, where they say so or run on this machine."""

from __future__ import annotations

from typing import Any

import psutil
from celery import current_app
from django.db import connection

from verification.benchmark.machine import BROKER_TIMEOUT


def cpu() -> dict[str, float]:
    """Seconds, by server; those that cannot be read are left out."""
    found = {"postgresql": _postgresql(), "broker": _broker()}
    return {name: seconds for name, seconds in found.items() if seconds is not None}


def _postgresql() -> float | None:
    """Return the seconds of all processes of the server, whatever database they serve. None when it runs elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), current_database()")
        pid, database = cursor.fetchone()
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


def _broker() -> float | None:
    """Return the broker's seconds; None where it does not tell: only Redis and Valkey do."""
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT)
        if broker.transport.driver_type != "redis":
            return None
        channel: Any = broker.default_channel  # Redis' own kind of channel has a client
        usage: dict[str, Any] = channel.client.info("cpu")
    return float(usage["used_cpu_user"]) + float(usage["used_cpu_sys"])
