"""The scheduler of django-celery-beat as it comes, which notes that its first tick is done."""

from __future__ import annotations

from typing import Any

from verification.benchmark.schedules import periodic

periodic.configure()

from django_celery_beat.schedulers import DatabaseScheduler  # noqa: E402 - it wants a Django that is set up


class Noting(DatabaseScheduler):  # type: ignore[misc]  # it has no types
    """Scheduler that notes its first tick."""

    ticked = False

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Tick; the first time, say that it is done."""
        found = super().tick(*args, **kwargs)
        if not self.ticked:
            self.ticked = True
            periodic.note(periodic.TICKED)
        return found
