"""A job is shown by the short way as REST framework's own way shows it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework import serializers

from jobs.api.serializers import NewestJobSerializer
from jobs.models import Batch, Calendar, Job
from jobs.rights import EVERYTHING
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

SEEN = {"reach": EVERYTHING}


def test_each_value_is_the_same(make_job: Any, django_assert_num_queries: Any) -> None:
    Calendar.objects.create(name="office")
    plain, other = make_job(), make_job()
    rich = make_job(
        by=User.objects.create(username="ann", is_superuser=True),
        calendar="office",
        labels={"a": "b"},
        waits_for=[other.pk],
    )
    batch = Batch.objects.create(created_at=NOW)
    Job.objects.filter(pk=rich.pk).update(batch=batch, schedule_id=7, nominal_at=NOW)
    for pk in (plain.pk, rich.pk):
        job = Job.objects.for_people().with_story().get(pk=pk)
        shown = NewestJobSerializer(context=SEEN).to_representation(job)
        assert shown == serializers.ModelSerializer.to_representation(NewestJobSerializer(context=SEEN), job)
    assert (shown["batch"], shown["schedule"], shown["state_name"]) == (batch.pk, 7, "pending")
    plain = Job.objects.for_people().with_story().get(pk=plain.pk)
    with django_assert_num_queries(0):
        NewestJobSerializer().to_representation(plain)
