"""A short load on real processes, in the database of the tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.models import Attempt, Job
from jobs.monitor.broker import BrokerClient
from launcher.home import CHECKOUT
from tests.integration.conftest import database_url

QUICK = {"JOBS_MIN_PREPARE_TIME": "1", "JOBS_LOOK_AHEAD": "1", "JOBS_HEARTBEAT_INTERVAL": "1"}
ASKED = ["--rate", "50", "--duration", "3", "--instances", "2", "--slots", "5", "--hold", "100"]


@pytest.mark.processes
def test_a_steady_load_is_started_in_time_and_held_jobs_leave_nothing(transactional_db, tmp_path: Path):
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, str(CHECKOUT / "manage.py"), "benchmark", "--steady", *ASKED, "--json", str(file)],
        env={**os.environ, **QUICK, "DATABASE_URL": database_url(), "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "150 jobs, 50 a second for 3 s, on 2 workers x 5 slots: each started once and completed." in done.stdout
    found = json.loads(file.read_text())
    assert found["flaws"] == found["problems"] == []
    assert found["jobs"] == {"created": 150, "started": 150, "completed": 150}
    assert found["figures"]["delay"]["jobs"] == 150
    assert found["figures"]["lead"]["p50"] > 0
    assert found["published"][0]["jobs"] > 0
    assert found["cost"]["windows"] == 4
    assert {one["worker"] for one in found["memory_mb"]} == {"bench1", "bench2"}
    assert all(one["start"] > 20 for one in found["memory_mb"])
    assert found["cpu_s"].keys() >= {"beat", "worker", "feeder"}
    assert found["held"]["held"] == found["held"]["asked"] == 100
    assert found["held"]["prefetch"] >= 100
    held = f"benchmark-{found['run']}-held"
    assert (Job.objects.count(), Attempt.objects.count()) == (150, 150)
    assert not Job.objects.filter(queue=held).exists()
    client = BrokerClient()
    assert not client.depths([held]).waiting[held]
    client.close()
