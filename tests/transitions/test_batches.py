"""A batch is made whole or not at all; tests/api/test_batches.py has the rest."""

import pytest
from django.db import IntegrityError

from jobs import rules
from jobs.models import Batch
from jobs.transitions.batches import NewBatch, create_batch
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def test_another_violation_is_not_taken_for_a_used_key():
    wrong = rules.NewJob("demo.noop", {}, NOW, queue="not a queue")
    for key in (None, "k"):
        with pytest.raises(IntegrityError):
            create_batch(NewBatch("night", [wrong], idempotency_key=key), now=NOW, by=None)
    assert not Batch.objects.exists()
