"""What benchmark and drill ask of the tables."""

import uuid

import pytest

from jobs.models import Attempt
from tests.conftest import NOW
from tests.models.rows import row
from verification.rows import starts_of


@pytest.mark.django_db
def test_how_often_each_job_was_started():
    twice, never = row(0), row(0)
    for number in (1, 2):
        Attempt.objects.create(
            job=twice, number=number, worker="w", session=uuid.uuid4(), token=uuid.uuid4(), run_at=NOW, locked_at=NOW
        )
    assert starts_of([twice.pk, never.pk]) == {twice.pk: 2}
