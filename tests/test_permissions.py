"""The names of rights: each is one that Django knows."""

import pytest
from django.contrib.auth.models import Permission

from jobs import permissions

NAMES = {value for name, value in vars(permissions).items() if name.isupper()}


@pytest.mark.django_db
def test_each_is_a_right_that_can_be_given():
    known = {
        f"jobs.{code}"
        for code in Permission.objects.filter(content_type__app_label="jobs").values_list("codename", flat=True)
    }
    assert len(NAMES) > 10
    assert known >= NAMES
