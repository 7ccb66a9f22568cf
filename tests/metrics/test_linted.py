"""What is served is linted by Prometheus' own tool: names, units, helps, kinds."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from django.test import Client
from prometheus_client import generate_latest

from jobs.events.attempts import AttemptAcquired, AttemptCompleted
from jobs.metrics.counting import Counting
from jobs.metrics.table import Giver

NO_PROMTOOL = not shutil.which("promtool") and not os.environ.get("CI")  # in CI it has to be there

pytestmark = [pytest.mark.skipif(NO_PROMTOOL, reason="promtool is not installed (Debian's package prometheus)")]


def linted(text: bytes) -> tuple[int, str]:
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("giver", [Giver.WORKER, Giver.BEAT])
def test_a_process(giver):
    counting = Counting(giver)
    counting.hear(AttemptAcquired(7, 1, "demo.noop", "w1", "pay"))
    counting.hear(AttemptCompleted(7, 1, "demo.noop", 0.0004, 3.0, queue="pay"))
    text = generate_latest(counting.registry)

    assert b"runat_ended_total{" in text
    assert linted(text) == (0, "")


@pytest.mark.django_db
def test_web(settings):
    settings.JOBS_METRICS_ALLOW = ["127.0.0.0/8"]
    answer = Client().get("/metrics")

    assert answer.status_code == 200
    assert linted(answer.content) == (0, "")


def test_the_tool_has_something_to_say_of_what_is_wrong():
    code, said = linted(b"# TYPE runat_minutes gauge\nrunat_minutes 1\n")

    assert code != 0
    assert "runat_minutes" in said
