"""The logs of real processes have one line for each attempt at its end, on threads, in pool children and by the rescue."""

import re
import signal
from collections import Counter

import pytest

from jobs.models import Attempt, Job
from jobs.states import State
from tests.integration.conftest import all_final, wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes]

LINE = re.compile(r" jobs\.attempts job (\d+) \(\S+\): attempt (\d+) (completed|failed|interrupted), delay ")


def lines(*logs):
    return Counter(found.groups() for log in logs for found in LINE.finditer(log))


def ledger():
    rows = Attempt.objects.values_list("job_id", "number", "outcome")
    return Counter((str(job), str(number), State(outcome).label) for job, number, outcome in rows)


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_worker_writes_one_for_each_end(cluster, pool):
    cluster.beat()
    cluster.worker("w1", pool=pool, slots=2)
    jobs = [create(1) for _ in range(4)] + [create(1, target="demo.fail") for _ in range(2)]
    wait_for(lambda: all_final(*jobs), "all jobs to end")
    cluster.stop("w1")
    said = cluster.log("w1")
    assert lines(said) == ledger()
    assert len(ledger()) == 6
    assert re.search(r"failed, delay \d+\.\d{3} ms, duration \d+\.\d{3} ms: \w+: .*\n    Traceback", said)


def test_of_a_killed_worker_the_leader_writes_it(cluster):
    cluster.beat()
    cluster.worker("victim", slots=2)
    create(1)
    doomed = create(1, payload={"seconds": 600})
    wait_for(
        lambda: lines(cluster.log("victim")) and Job.objects.get(pk=doomed).state == State.RUNNING,
        "one to end, one to run",
    )
    cluster.stop("victim", signal.SIGKILL)
    wait_for(lambda: all_final(doomed), "the killed job to be settled")
    cluster.stop("beat")
    assert lines(cluster.log("beat")) == Counter([(str(doomed), "1", "interrupted")])
    assert lines(cluster.log("victim"), cluster.log("beat")) == ledger()
