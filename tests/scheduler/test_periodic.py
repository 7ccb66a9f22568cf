"""Celery's own periodic tasks, in the same beat."""

from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from jobs.scheduler import WindowScheduler
from jobs.scheduler import window_scheduler as scheduler_module


def test_periodic_tasks_of_celery_beat_keep_working(beat, hands, sent, monkeypatch):
    every = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name="mine", task="some.task", interval=every)
    applied = []
    one = beat()
    monkeypatch.setattr(one, "apply_async", lambda entry, **kwargs: applied.append(entry.name))
    one.tick()
    one._periodic_due = 0.0
    one._schedule["mine"].last_run_at -= timedelta(seconds=5)
    one._heap = None
    one.tick()
    assert applied == ["mine"]


def test_a_standby_runs_no_periodic_tasks(beat, hands, sent, monkeypatch):
    beat().tick()
    standby = beat()
    monkeypatch.setattr(scheduler_module.DatabaseScheduler, "tick", lambda self: pytest.fail("a standby ticked"))
    standby.tick()


def test_a_successor_reads_celerys_own_entries_anew(beat, hands, sent):
    """Else it would send again what its predecessor has sent since it began to stand by."""
    first, second = beat(), beat()
    first.tick()
    second.tick()
    every = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS)
    PeriodicTask.objects.create(name="new", task="some.task", interval=every, last_run_at=datetime.now(UTC))
    first.close()
    second.tick()
    assert "new" in second._schedule


def test_beat_s_lazy_look_at_its_scheduler_opens_no_connection(hands, sent):
    """`celery beat` makes one only to print its name."""
    assert WindowScheduler(current_app, lazy=True).leader.lock.is_open is False
