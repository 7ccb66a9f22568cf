"""A new job, for those who come from the admin: there is one page for it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db

ADD = "/admin/jobs/job/add/"


def test_the_admin_leads_to_the_one_page(admin):
    assert admin.get(ADD)["Location"] == "/jobs/new/"
    assert admin.post(ADD, {"target": "demo.noop"})["Location"] == "/jobs/new/"


def test_adding_needs_its_permission(onlooker):
    assert onlooker.get(ADD).status_code == 403
    assert onlooker.post(ADD).status_code == 403
