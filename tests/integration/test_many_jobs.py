"""Ten thousand rows due within a minute: all completed, each once, and the ledger proves it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import Count, F

from jobs.models import Attempt, Job
from jobs.states import State
from tests.integration.conftest import EXACTLY_ONCE, wait_for

pytestmark = [pytest.mark.processes]

ROWS = 10_000
INSERT = """
INSERT INTO jobs_job (target, payload, run_at)
SELECT 'demo.noop', '{}', now() + interval '5 seconds' + n * interval '60 seconds' / %s FROM generate_series(1, %s) n
"""


def test_ten_thousand_rows_in_one_minute(cluster):
    cluster.beat()
    cluster.worker("w1", slots=10)
    cluster.worker("w2", slots=10)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [ROWS, ROWS])
    wait_for(
        lambda: (
            Job.objects.in_state([State.COMPLETED]).count() == ROWS or Job.objects.final().exclude(state=2).exists()
        ),
        "all rows to complete",
    )
    assert Job.objects.in_state([State.COMPLETED]).count() == ROWS
    assert Attempt.objects.count() == ROWS, EXACTLY_ONCE
    assert Attempt.objects.values("job").annotate(starts=Count("id")).filter(starts__gt=1).count() == 0, EXACTLY_ONCE
    assert not Job.objects.filter(execute_at__lt=F("run_at")).exists()
    assert Attempt.objects.filter(outcome=State.COMPLETED, number=1).count() == ROWS
