"""Jobs from Python and tasks of Django on a real worker, without a beat: whoever commits publishes them."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import override_settings
from django_tasks import TaskResultStatus

from jobs import schedule, schedule_many, wait
from jobs.models import Attempt, Job
from jobs.states import State
from tests.django_tasks import tasks
from tests.integration.conftest import PATIENCE

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

OURS = {"default": {"BACKEND": "jobs.tasks_backend.RunAtBackend"}}


@pytest.fixture
def worker(cluster):
    asked = {"DJANGO_SETTINGS_MODULE": "tests.django_tasks.worker_settings", "targets": "tests.django_tasks.tasks"}
    return cluster.worker("w1", slots=4, **asked)


def test_what_is_committed_starts_and_what_is_rolled_back_does_not(worker):
    with override_settings(TASKS=OURS):
        with transaction.atomic():
            schedule("demo.sleep", {"seconds": 0})
            schedule_many([{"target": "demo.noop"}] * 3)
            tasks.add.enqueue(5)
            transaction.set_rollback(True)
        with transaction.atomic():
            mine = schedule("demo.sleep", {"seconds": 0})
            result = tasks.add.enqueue(1, b=2)
            failing = tasks.fail.enqueue("no paper")
        assert mine.wait(PATIENCE).state == State.COMPLETED
        for one in (result, failing):
            wait(int(one.id), PATIENCE)
            one.refresh()
    assert (result.status, result.return_value, result.attempts) == (TaskResultStatus.SUCCESSFUL, 3, 1)
    assert failing.errors[0].exception_class is tasks.Broken
    assert "raise Broken(words)" in failing.errors[0].traceback
    started = sorted(Attempt.objects.values_list("job_id", flat=True))
    assert started == sorted([mine.id, int(result.id), int(failing.id)]), "each exactly once"
    assert Job.objects.count() == 3
