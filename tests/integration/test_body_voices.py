"""What bodies say is kept with their attempts, and still comes out of the real workers of both pools."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from jobs import transitions
from jobs.clock import clock
from jobs.models import Attempt
from jobs.rules import NewJob
from tests.integration import talkers
from tests.integration.conftest import all_final, wait_for

pytestmark = [pytest.mark.processes]


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_five_bodies_at_once_each_keep_their_own_lines(cluster, pool):
    cluster.worker("w1", pool=pool, targets=talkers.__name__)
    now = clock.now()
    due = now + timedelta(seconds=2)
    numbers = {}
    for number in range(10):
        target = "talkers.coroutine" if number % 2 else "talkers.function"
        numbers[transitions.create(NewJob(target, {"n": number}, due), now=now)[0].pk] = number
    cluster.beat()
    wait_for(partial(all_final, *numbers), "all to end")

    for attempt in Attempt.objects.all():
        n = numbers[attempt.job_id]
        printed, logged, warned = attempt.log["lines"]
        assert (printed["from"], printed["text"]) == ("stdout", f"printed {n}")
        assert (logged["from"], logged["level"], logged["text"]) == ("talkers", "warning", f"logged {n}")
        assert warned["text"].startswith(f"UserWarning: warned {n} (")
    said = cluster.log("w1")
    for n in range(10):
        assert said.count(f"printed {n}") == said.count(f"logged {n}") == said.count(f"UserWarning: warned {n}") == 1
