"""A minute of load with an overload in it, forecast beforehand and compared, on real processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.home import CHECKOUT
from tests.integration.conftest import database_url

QUICK = {"JOBS_MIN_PREPARE_TIME": "2", "JOBS_LOOK_AHEAD": "1", "JOBS_HEARTBEAT_INTERVAL": "1"}
ASKED = ["--minutes", "1", "--slots", "4", "--seed", "2"]


@pytest.mark.processes
def test_the_greatest_delay_is_foreseen_within_a_factor_of_two(transactional_db, tmp_path: Path):
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, str(CHECKOUT / "manage.py"), "benchmark", "--forecast", *ASKED, "--json", str(file)],
        env={**os.environ, **QUICK, "DATABASE_URL": database_url(), "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert file.exists(), done.stdout + done.stderr
    found = json.loads(file.read_text())
    assert found["flaws"] == []
    assert 0.5 <= found["ratio"] <= 2, found
    assert found["recall"] > 0, "the overloaded minute was named"
    assert any("needs" in sentence and "has 4" in sentence for sentence in found["forecast"])
