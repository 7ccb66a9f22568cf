"""Machine of a measurement: without it the figures mean nothing to anybody else."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from celery import current_app
from django.db import connection

BROKER_TIMEOUT = 5  # seconds


@dataclass(frozen=True)
class Machine:
    """`load` is the system's load average of the last minute when the round began: others may share the machine."""

    cores: int
    load: float
    python: str
    celery: str
    postgresql: str
    broker: str


def describe() -> Machine:
    """Ask both servers who they are. Raises what they raise when they cannot be reached."""
    return Machine(
        cores=os.cpu_count() or 1,
        load=os.getloadavg()[0],
        python=platform.python_version(),
        celery=version("celery"),
        postgresql=_postgresql(),
        broker=_broker(),
    )


def stolen() -> float:
    """Seconds of CPU time that the host of this virtual machine has given to others since the start, while ours wanted
    them; 0 where nobody tells."""
    try:
        cores = Path("/proc/stat").read_text().splitlines()[0].split()  # proc(5): the eighth number is `steal`
        return int(cores[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return 0.0


def _postgresql() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('fsync')")
        number, fsync = cursor.fetchone()
    return f"{number.split()[0]} (fsync {fsync})"


def _broker() -> str:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT)
        if broker.transport.driver_type == "redis":
            channel: Any = broker.default_channel  # Redis' own kind of channel has a client
            facts: dict[str, Any] = channel.client.info("server")
            if "valkey_version" in facts:
                return f"Valkey {facts['valkey_version']}"
            return f"Redis {facts['redis_version']}"
        properties: dict[str, Any] = broker.connection.server_properties
        return f"{properties.get('product', 'AMQP')} {properties.get('version', '')}".strip()
