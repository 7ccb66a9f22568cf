"""Where limits were while they were called lanes, and their audit while it had pages of its own."""

import pytest
from django.test import Client

from jobs.models import Limit

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client, person):
    client.force_login(person("view_limit", "change_limit", staff=True))
    return client


@pytest.mark.parametrize("rest", ["", "7/change/", "?kind__exact=key&q=a%20b", "7/history/?all="])
def test_an_address_of_before_leads_to_the_one_of_today(reader, rest):
    answer = reader.get(f"/admin/jobs/lane/{rest}")
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/jobs/limit/{rest}")


def test_a_bookmark_opens_the_limit_itself(reader):
    limit = Limit.objects.create(name="mail", concurrency=2)
    answer = reader.get(f"/admin/jobs/lane/{limit.pk}/change/", follow=True)
    assert answer.status_code == 200
    assert answer.context["original"] == limit


def test_a_form_that_was_open_during_the_upgrade_is_saved(reader):
    limit = Limit.objects.create(name="mail", concurrency=2)
    answer = reader.post(
        f"/admin/jobs/lane/{limit.pk}/change/", {"concurrency": "5", "rate": "", "burst": "1"}, follow=True
    )
    assert answer.status_code == 200
    assert Limit.objects.get().concurrency == 5


def test_whoever_is_not_in_is_asked_to_log_in_first(db):
    answer = Client().get("/admin/jobs/lane/7/change/?q=a")
    assert answer.status_code == 302
    assert answer["Location"] == "/admin/login/?next=/admin/jobs/lane/7/change/%3Fq%3Da"


def test_an_address_of_before_gives_no_rights(client, person):
    client.force_login(person("view_job", staff=True))
    assert client.get("/admin/jobs/lane/", follow=True).status_code == 403


def test_an_address_of_before_leads_nowhere_else(reader):
    assert reader.get("/admin/jobs/lane//evil.example/")["Location"] == "/admin/jobs/limit//evil.example/"


@pytest.mark.parametrize("rest", ["", "7/change/", "?kind__exact=key"])
def test_the_audit_of_limits_leads_to_the_one_audit(client, person, rest):
    client.force_login(person("view_audit", staff=True))
    answer = client.get(f"/admin/jobs/limitaudit/{rest}", follow=True)
    assert (answer.redirect_chain, answer.status_code) == ([("/audit/", 302)], 200)


def test_who_may_see_no_audit_sees_none_at_its_address_of_before(client, person):
    client.force_login(person("view_limit", staff=True))
    assert client.get("/admin/jobs/limitaudit/", follow=True).status_code == 403
