"""The leading beat is killed in the middle of an operation: no job is changed twice, and none is left."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db.models import Count

from jobs.clock import clock
from jobs.models import Audit, Job, Operation, Verb
from jobs.states import State
from jobs.transitions import operations
from jobs.transitions.operations import AskedOfMany
from tests.integration.conftest import wait_for

pytestmark = [pytest.mark.processes]
JOBS = 5000


def over(operation: Operation) -> bool:
    operation.refresh_from_db()
    return operation.ended_at is not None


@pytest.mark.parametrize("how", ["in a batch", "anywhere"])
def test_another_beat_goes_on_where_the_first_has_died(cluster, tmp_path, how):
    points = tmp_path / "points"
    points.mkdir()
    now = clock.current()
    at = now + timedelta(days=1)
    Job.objects.bulk_create(Job(target="demo.noop", payload={}, run_at=at, created_at=now) for _ in range(JOBS))
    by = User.objects.create_user("grace")
    by.user_permissions.set(Permission.objects.filter(codename__in=("view_job", "control_job")))
    cluster.beat("first", JOBS_FAILPOINTS=str(points))
    wait_for(lambda: "leads now" in cluster.log("first"), "the first beat to lead")
    if how == "in a batch":  # the jobs are changed and the position is written, and nothing is committed
        (points / "in-operation").write_text("kill")
    now = clock.current()
    operation = operations.begin(AskedOfMany(Verb.CANCEL), reason="x", by=by, now=now).operation
    if how == "anywhere":
        wait_for(lambda: Job.objects.filter(state=State.CANCELLED).exists(), "the first batch")
        cluster.stop("first", signal.SIGKILL)
    else:
        wait_for(lambda: cluster.processes["first"].poll() is not None, "its death")
        assert (points / "hits").read_text().startswith("in-operation kill")
    operation.refresh_from_db()
    changed = Job.objects.filter(state=State.CANCELLED).count()
    assert changed == operation.done == Audit.objects.filter(operation_id=operation.pk).count()
    cluster.beat("second")
    wait_for(lambda: over(operation), "its end")
    assert (operation.done, operation.outcome) == (JOBS, "done")
    assert set(Job.objects.values_list("state", "version")) == {(State.CANCELLED, 2)}
    twice = Audit.objects.filter(operation_id=operation.pk).values("job").annotate(n=Count("pk")).filter(n__gt=1)
    assert not twice.exists()
