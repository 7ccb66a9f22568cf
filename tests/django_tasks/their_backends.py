"""Our backend where Django's own tests expect others: with a list of what was enqueued, and one that starts at once."""

from __future__ import annotations

from typing import Any

from jobs.models import Job
from jobs.tasks_backend import RunAtBackend
from jobs.testing.starting import start


class Kept(RunAtBackend):
    """Stands for DummyBackend, which keeps what was enqueued."""

    @property
    def results(self) -> list[Any]:
        return [self.get_result(str(pk)) for pk in Job.objects.order_by("pk").values_list("pk", flat=True)]

    def clear(self) -> None:
        Job.objects.all().delete()


class AtOnce(RunAtBackend):
    """Stands for ImmediateBackend: the job has ended when `enqueue` returns."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        result = super().enqueue(task, args, kwargs)
        start(Job.objects.get(pk=result.id))
        result.refresh()
        return result
