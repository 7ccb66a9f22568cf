import signal
import subprocess
import sys

import pytest

from jobs import failpoints


@pytest.fixture
def armed(tmp_path, monkeypatch):
    monkeypatch.setattr(failpoints, "_folder", str(tmp_path))

    def arm(name, action):
        (tmp_path / name).write_text(action)

    return arm


def test_unarmed_nothing_happens(tmp_path, monkeypatch):
    for folder in ("", str(tmp_path)):
        monkeypatch.setattr(failpoints, "_folder", folder)
        for name in failpoints.NAMES + failpoints.IN_TRANSACTIONS:
            failpoints.hit(name)


def test_an_armed_one_acts_once_and_is_noted(armed, tmp_path):
    armed("after-body", "raise")
    with pytest.raises(failpoints.FailpointReached, match="after-body"):
        failpoints.hit("after-body")
    failpoints.hit("after-body")
    assert (tmp_path / "hits").read_text().startswith("after-body raise ")


def test_it_can_sleep(armed, monkeypatch):
    slept = []
    monkeypatch.setattr(failpoints.time, "sleep", slept.append)
    armed("before-body", "sleep 2.5")
    failpoints.hit("before-body")
    assert slept == [2.5]


@pytest.mark.parametrize(("action", "number"), [("kill", signal.SIGKILL), ("stop", signal.SIGSTOP)])
def test_it_can_kill_and_stop(armed, tmp_path, monkeypatch, action, number):
    sent = []
    monkeypatch.setattr(failpoints.signal, "raise_signal", sent.append)
    armed("after-mark", action)
    failpoints.hit("after-mark")
    assert sent == [number]


def test_a_real_process_dies_there(tmp_path):
    (tmp_path / "after-list").write_text("kill")
    script = "from jobs import failpoints; failpoints.hit('after-list'); print('alive')"
    done = subprocess.run(
        [sys.executable, "-c", script], env={"JOBS_FAILPOINTS": str(tmp_path)}, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"")
