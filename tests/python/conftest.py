"""What tests of the Python way share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User


def ahead(seconds: float = 3600) -> datetime:
    return datetime.now(tz=UTC) + timedelta(seconds=seconds)


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")
