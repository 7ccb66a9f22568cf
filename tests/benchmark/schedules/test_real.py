"""A short load of schedules on real processes, in the database of the tests, and django-celery-beat beside it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from jobs.models import Job, Schedule
from launcher.home import CHECKOUT
from tests.integration.conftest import database_url

QUICK = {"JOBS_MIN_PREPARE_TIME": "1", "JOBS_LOOK_AHEAD": "1", "JOBS_HEARTBEAT_INTERVAL": "1"}
ASKED = ["--total", "300", "--rate", "5", "--duration", "4", "--periodic", "600", "--instances", "1", "--slots", "5"]


@pytest.mark.processes
def test_each_run_that_is_due_starts_once_and_nothing_is_left(transactional_db, tmp_path: Path):
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, str(CHECKOUT / "manage.py"), "benchmark", "--schedules", *ASKED, "--json", str(file)],
        env={**os.environ, **QUICK, "DATABASE_URL": database_url(), "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = "300 schedules, 20 due in 4 s, and 20 plain jobs, on 1 workers x 5 slots: each started once and completed."
    assert said in done.stdout
    found = json.loads(file.read_text())
    assert found["flaws"] == found["problems"] == []
    assert found["schedules"]["delay"]["jobs"] == found["plain"]["delay"]["jobs"] == 20
    assert (found["missed"], found["successors"]) == (0, 300)
    assert found["cost"]["windows"] == 5
    assert found["beat"]["seconds"] > 0
    assert found["beat_without"]["memory"] > 20
    beside = found["django_celery_beat"]
    assert beside["tasks"] == beside["came"] == beside["delay"]["jobs"] == 20
    assert beside["delay"]["low"] > 0
    assert not any(model.objects.exists() for model in (Job, Schedule, PeriodicTask, IntervalSchedule))
