"""Forms for something new show what people can give, and no value that only the database knows."""

import pytest
from django.contrib import admin

pytestmark = pytest.mark.django_db

ADDABLE = sorted(f"/admin/{m._meta.app_label}/{m._meta.model_name}/add/" for m in admin.site._registry)


@pytest.mark.parametrize("path", ADDABLE)
def test_no_form_shows_a_python_object(admin_client, path):
    answer = admin_client.get(path, follow=True)
    assert answer.status_code in (200, 403), path
    assert "object at 0x" not in answer.content.decode()
