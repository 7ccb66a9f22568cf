"""The port of a beat or a worker at which its own metrics are read: nobody else can ask it, and web knows of none."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from prometheus_client import PLATFORM_COLLECTOR, PROCESS_COLLECTOR, start_http_server

from jobs.clock import clock
from jobs.conf import conf
from jobs.events import emit, subscribe
from jobs.events.metrics import MetricsNotServed, MetricsServed
from jobs.metrics.counting import Counting
from jobs.metrics.table import Giver


def serve(giver: Giver, figures: Mapping[str, Callable[[], float]]) -> None:
    """Count what happens in this process, and answer at JOBS_METRICS_PORT; without one do nothing. `figures` are read
    at each scrape. Never raises: a port that another has must not keep a job from starting.

    A child that is forked later counts nothing and answers nobody: its parent hears of what its jobs do.
    """
    host, port = conf().metrics_host, conf().metrics_port
    if not port:
        return
    counting = Counting(giver)
    counting.read("runat_clock_offset_seconds", lambda: clock.offset)
    for name, figure in figures.items():
        counting.read(name, figure)
    for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR):
        counting.registry.register(collector)
    try:
        server, _ = start_http_server(port, host, counting.registry)
    except OSError as error:
        emit(MetricsNotServed(host, port, error))
        return
    end = subscribe(counting.hear)
    os.register_at_fork(after_in_child=lambda: _leave(server, end))
    emit(MetricsServed(host, server.server_port))


def _leave(server: Any, end: Callable[[], None]) -> None:
    end()
    with suppress(OSError):
        server.socket.close()
