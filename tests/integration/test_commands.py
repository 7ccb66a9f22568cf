"""Commands on real workers: started on time, ended with their worker, in either pool."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from datetime import datetime

import pytest

from jobs import transitions
from jobs.clock import clock
from jobs.commands import parsed
from jobs.models import Attempt, Job
from jobs.states import State
from launcher.process import send
from tests.integration.conftest import all_final, wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes]

STAMP = "import datetime as d; print(d.datetime.now(d.UTC).isoformat())"
STAYS = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(os.path.join(sys.argv[1], str(os.getpid())), "w").close()
time.sleep(600)
"""


@pytest.fixture
def commands(settings, tmp_path):
    """Returns what the workers' environment needs; this process knows the same programs."""
    python = {"program": sys.executable}
    entries = {
        "stamp": {**python, "arguments": ["-I", "-S", "-c", STAMP]},
        "stays": {**python, "arguments": ["-I", "-S", "-c", STAYS, str(tmp_path)]},
    }
    settings.JOBS_COMMANDS = parsed(entries)
    return {"JOBS_COMMANDS": json.dumps(entries)}


def begun(folder):
    """Return the ids of the program and its child, once they have begun."""

    def there():
        found = [int(one.name) for one in folder.iterdir() if one.name.isdecimal()]
        return found if len(found) == 2 else None

    return wait_for(there, "the program and its child to begin")


def is_there(pid):
    with suppress(OSError):
        os.kill(pid, 0)
        return True
    return False


def gone(pids):
    return not any(map(is_there, pids))


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_it_starts_on_time_and_dies_with_its_worker(cluster, commands, tmp_path, pool):
    cluster.beat()
    worker = cluster.worker("w1", pool=pool, slots=2, **commands)
    stamp = create(3, target="command", payload={"command": "stamp"})
    stays = create(3, target="command", payload={"command": "stays"})
    wait_for(lambda: all_final(stamp), "the first to end")
    job, kept = Job.objects.get(pk=stamp), Attempt.objects.get(job=stamp).result
    assert (job.state, kept["exit_code"]) == (State.COMPLETED, 0)
    assert datetime.fromisoformat(kept["output"].strip()) >= job.run_at
    pids = begun(tmp_path)
    assert all(map(is_there, pids))
    if pool == "threads":
        send(worker, signal.SIGKILL)
    else:
        assert transitions.cancel(stays, now=clock.now(), reason="not needed").done  # its pool child is killed at once
    wait_for(lambda: gone(pids), "the program and its child to end with what has started them")
