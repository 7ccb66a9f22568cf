"""Drains by real processes, of RunAt and of a peer that our own environment has."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from launcher.home import CHECKOUT
from launcher.services import throwaway

MANAGE = [sys.executable, str(CHECKOUT / "manage.py"), "benchmark"]


@pytest.mark.processes
@pytest.mark.launcher
def test_this_build_and_another_are_drained_in_turns_and_leave_nothing(tmp_path: Path):
    file = tmp_path / "figures.json"
    with throwaway() as services:
        environment = {**os.environ, **services.environment(), "TMPDIR": str(tmp_path), "JOBS_MIN_PREPARE_TIME": "3"}
        asked = ["--drain", "--migrate", "--jobs", "200", "--runs", "2", "--slots", "10", "--broker", "valkey"]
        asked += ["--only", "runat", "--against", str(CHECKOUT), "--json", str(file)]
        done = subprocess.run(
            [*MANAGE, *asked], env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        with psycopg.connect(services.database_url) as database:
            databases = database.execute("SELECT datname FROM pg_database WHERE datname LIKE 'runat_drain%'").fetchall()
    assert databases == []
    systems = json.loads(file.read_text())["systems"]
    assert [system["name"] for system in systems] == ["runat_valkey", "runat_against_valkey"]
    for system in systems:
        assert system["missing"] == ""
        assert len(system["drains"]) == 2
        for drained in system["drains"]:
            assert drained["flaws"] == []
            assert 0 < drained["seconds"] <= drained["listed"]
            assert drained["cpu"].keys() >= {"worker", "beat", "broker"}
            assert drained["wal_bytes_per_job"] > 100
            # Inserted and listed by one transaction each, and taken and ended by several jobs' worth of them.
            assert 1 <= drained["writes"] < 3 * 200
