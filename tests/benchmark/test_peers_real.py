"""A peer's real processes, and what happens where it cannot be had."""

import os
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import redis

from verification.benchmark.options import checked
from verification.benchmark.peers import environment
from verification.benchmark.peers.driver import Driver
from verification.benchmark.peers.environment import Program, Unavailable
from verification.benchmark.peers.peer import BY_NAME, Peer
from verification.benchmark.processes.start import RoundFailed


class Waits:
    """Interrupts for a test: nobody sends a signal, and the handlers of pytest stay."""

    count, raising = 0, True

    def wait(self, seconds: float) -> None:
        threading.Event().wait(seconds)


def children() -> set[int]:
    """Of this process: a browser of other tests may be among them."""
    return {child.pid for child in psutil.Process().children()}


def driver(peer: Peer, folder: Path) -> Driver:
    """With our own Python, where Celery is installed too."""
    program = Program([sys.executable, "-m", peer.module], {}, [])
    return Driver(peer, program, folder / "peer", Waits(), silent, os.environ["BROKER_URL"])


def silent(what: str, passed: float, longest: float) -> None:
    pass


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_bare_celery_starts_every_job_and_leaves_nothing(tmp_path: Path):
    before = children()
    asked = replace(checked({"instances": 1}), duration=4)
    found = driver(BY_NAME["celery_eta"], tmp_path).punctuality(
        asked, window=timedelta(seconds=1), max_delay=timedelta(seconds=30)
    )
    assert found.jobs >= 3
    assert (found.lost, found.twice, found.cost) == (0, 0, 0)
    assert found.start is not None
    assert found.start.jobs == found.jobs
    assert children() <= before
    with redis.Redis.from_url(os.environ["BROKER_URL"]) as client:
        assert not list(client.scan_iter(match="*celery_eta*"))
    stamps = list((tmp_path / "peer" / "load").glob("*.stamps"))
    assert len(stamps) == 2  # the worker and the feeder
    assert "fed\n" in "".join(file.read_text() for file in stamps)


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_peer_that_cannot_start_says_why(tmp_path: Path):
    before = children()
    broken = replace(BY_NAME["celery_eta"], program="nowhere")
    with pytest.raises(RoundFailed, match=r"(?s)^A process failed at its start.*No module named .*programs\.nowhere"):
        driver(broken, tmp_path).punctuality(
            checked({"instances": 1}), window=timedelta(seconds=1), max_delay=timedelta(seconds=1)
        )
    assert children() <= before


@pytest.mark.processes
def test_an_environment_is_its_own_and_what_cannot_be_installed_says_why(tmp_path: Path):
    wanted = tmp_path / "requirements.txt"
    wanted.write_text(f"{tmp_path}/no-such-package.tar.gz\n")
    with pytest.raises(Unavailable, match=r"^could not be installed \(exit code 1\): .*no-such-package"):
        environment.with_pip(wanted, tmp_path / "environment", Waits())
    log = tmp_path / "log"
    python = str(tmp_path / "environment" / "bin" / "python")
    assert environment.run([python, "-c", "import celery"], log, {}, Waits(), within=30) == 1
    assert "No module named 'celery'" in log.read_text()  # which RunAt itself has
