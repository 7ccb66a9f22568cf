"""Half-sent requests and waiting callers cost nobody else anything."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from django.db import connection

from jobs.models import Job, Trigger
from tests.integration.conftest import wait_for
from tests.web.load import Callers, quantile, request, timed

pytestmark = [pytest.mark.processes]

EACH = 200
TIMES = 60
THREADS = 8  # of a web process
IDLE = 20  # percent of a core


def connections_of(pid):
    """Connections of a process with the database."""
    port = int(connection.settings_dict["PORT"])
    opened = psutil.Process(pid).net_connections("tcp")
    return sum(one.status == psutil.CONN_ESTABLISHED and bool(one.raddr) and one.raddr.port == port for one in opened)


def is_idle(pid):
    return psutil.Process(pid).cpu_percent(interval=1) < IDLE


def test_health_and_creation_take_as_long_beside_200_who_wait_and_200_half_requests(
    web, token, cluster, record_property
):
    """As long as without, measured before and after in the same run: twice, and room for a shared machine."""
    port = web()
    Trigger.objects.create(name="x", target="demo.noop", payload={})  # no worker runs: its job never ends
    run_at = (datetime.now(tz=UTC) + timedelta(days=1)).isoformat()
    body = json.dumps({"target": "demo.noop", "payload": {}, "run_at": run_at}).encode()
    asked = {"healthz": request("GET", "/healthz", token), "a job": request("POST", "/api/v1/jobs/", token, body)}
    for whole in asked.values():
        timed(port, whole, 10)  # the first ones open connections
    before = {name: timed(port, whole, TIMES) for name, whole in asked.items()}
    callers = Callers(port)
    callers.wait(EACH, request("POST", "/api/v1/triggers/x/?wait=60", token))
    callers.drip(EACH // 2, request("GET", "/healthz", token)[:-1] + b"X-Slow: " + b"a" * 200)
    callers.drip(EACH // 2, request("POST", "/api/v1/jobs/", token, body + b" " * 200))
    with callers.calling():
        wait_for(lambda: callers.open == 2 * EACH, "all callers to be connected")
        wait_for(lambda: is_idle(cluster.processes["web"].pid), "all calls of those who wait to be taken in")
        during = {name: timed(port, whole, TIMES) for name, whole in asked.items()}
        opened = connections_of(cluster.processes["web"].pid)
        assert 0 < opened <= THREADS + 2, "one for the probes' and one for those who wait beside them"
    after = {name: timed(port, whole, TIMES) for name, whole in asked.items()}
    assert Job.objects.filter(key="trigger:x").count() == 1, "they all wait for one run"
    for name in asked:
        without = sorted(before[name] + after[name])
        report = [
            f"{name} {label}: p50 {quantile(sample, 0.5) * 1000:.1f} ms, p90 {quantile(sample, 0.9) * 1000:.1f} ms"
            for label, sample in (("without", without), ("with", during[name]))
        ]
        record_property(name, report)
        assert quantile(during[name], 0.5) <= 2 * quantile(without, 0.5) + 0.005, report
        assert quantile(during[name], 0.9) <= 2 * quantile(without, 0.9) + 0.050, report
