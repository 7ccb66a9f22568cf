"""A beat's start-up is measured in a window in which it has something to list."""

from datetime import timedelta

import pytest

from jobs.models import Leadership
from jobs.publishing.windows import window_at
from tests.conftest import NOW, seconds
from verification.benchmark.schedules.beats import listed_for


@pytest.mark.django_db
def test_it_waits_for_the_next_window_where_this_one_was_listed(settings):
    settings.JOBS_MIN_PREPARE_TIME, settings.JOBS_LOOK_AHEAD = 10, 5
    now = window_at(NOW, 10, 5).start + seconds(3)
    assert listed_for(now) == 0.0, "nobody has led yet"
    row = Leadership.objects.create(holder="beat", epoch=1, listed=0, zones="", listed_until=now - timedelta(hours=1))
    assert listed_for(now) == 0.0
    Leadership.objects.filter(pk=row.pk).update(listed_until=window_at(now, 10, 5).horizon)
    assert listed_for(now) == 7.0
