"""What a project lacks is said by a check, with the line to add."""

from __future__ import annotations

import django
import pytest
from django.apps import AppConfig, apps
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpResponse
from django.urls import clear_url_caches, include, path
from rest_framework.schemas.inspectors import ViewInspector
from rest_framework.settings import api_settings

import jobs
from jobs import celery
from jobs.apps import JobsConfig, require_apps
from jobs.conf import conf
from jobs.surroundings import check_tables

pytestmark = pytest.mark.django_db


class Elsewhere:
    """A router that has jobs in another database."""

    def db_for_write(self, model, **hints):
        return "elsewhere" if model._meta.app_label == "jobs" else None


def front(request):
    return HttpResponse("theirs")


class Without:
    urlpatterns = (path("", front),)


class WithNamesOfOurs:
    urlpatterns = (path("", front, name="jobs"), path("runat/", include("jobs.urls")))


def ids() -> set[str]:
    return {str(found.id) for found in run_checks(databases=["default"]) if str(found.id).startswith("jobs.")}


def test_nothing_is_missing_here():
    assert ids() == set()


def test_a_django_that_is_too_new_is_refused(monkeypatch):
    monkeypatch.setattr(django, "VERSION", (6, 1, 0, "final", 0))
    assert ids() == {"jobs.E017"}


def test_a_project_without_time_zones_is_refused(settings):
    settings.USE_TZ = False
    assert "jobs.E018" in ids()


def test_djangos_own_backend_is_refused(monkeypatch):
    monkeypatch.setattr("jobs.surroundings.DatabaseWrapper", type("Other", (), {}))
    assert ids() == {"jobs.E019"}


def test_requests_that_are_transactions_are_refused(settings):
    settings.DATABASES["default"]["ATOMIC_REQUESTS"] = True
    try:
        assert ids() == {"jobs.E026"}
    finally:
        settings.DATABASES["default"]["ATOMIC_REQUESTS"] = False


def test_jobs_in_another_database_are_refused(settings):
    settings.DATABASE_ROUTERS = [Elsewhere()]
    assert ids() == {"jobs.E020"}


def test_an_alias_that_there_is_not_is_refused(monkeypatch):
    monkeypatch.setattr("jobs.surroundings.alias", lambda: "runat")
    assert "jobs.E020" in {one.id for one in run_checks(tags=["jobs"])}


def test_accounts_in_another_database_than_jobs_are_refused(monkeypatch):
    moments = iter(("one server", "another"))
    monkeypatch.setattr("jobs.surroundings._where", lambda database: next(moments))
    monkeypatch.setattr("jobs.surroundings.alias", lambda: "runat")
    (found,) = [one for one in check_tables(None, databases=["runat"]) if one.id == "jobs.E027"]
    assert "'default', where accounts are, is another database" in found.msg


def test_accounts_in_the_same_database_by_another_alias_are_not(monkeypatch):
    monkeypatch.setattr("jobs.surroundings.alias", lambda: "runat")
    assert check_tables(None, databases=["runat"]) == []


def test_accounts_without_groups_are_refused(monkeypatch):
    monkeypatch.setattr("jobs.surroundings.get_user_model", lambda: AbstractBaseUser)
    assert ids() == {"jobs.E021"}


def test_a_project_whose_celery_app_starts_no_jobs_is_told_the_line(monkeypatch):
    monkeypatch.setattr(celery, "_installed", [])
    (found,) = [one for one in run_checks() if one.id == "jobs.E022"]
    assert "from jobs.celery import install" in found.hint


def test_another_scheduler_is_said(monkeypatch):
    app = celery.installed()
    monkeypatch.setitem(app.conf, "beat_scheduler", "redbeat.RedBeatScheduler")
    assert ids() == {"jobs.W006"}


def test_a_table_of_theirs_with_the_name_of_ours_is_found_before_a_migration(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE jobs_job RENAME TO jobs_ours")
        cursor.execute("CREATE TABLE jobs_job (id int)")
        try:
            assert ids() == {"jobs.E023"}
        finally:
            cursor.execute("DROP TABLE jobs_job")
            cursor.execute("ALTER TABLE jobs_ours RENAME TO jobs_job")


@pytest.fixture
def addresses(settings):
    def set_to(urlconf):
        settings.ROOT_URLCONF = urlconf
        clear_url_caches()

    yield set_to
    clear_url_caches()


def test_who_includes_no_addresses_of_ours_is_told_the_line(addresses):
    addresses(Without)
    assert "jobs.E024" in {one.id for one in run_checks(tags=["jobs"])}


def test_addresses_of_theirs_that_are_called_like_ours_are_named(addresses):
    addresses(WithNamesOfOurs)
    (found,) = [one for one in run_checks(tags=["jobs"]) if one.id == "jobs.W008"]
    assert found.msg.startswith("Addresses of yours have names of RunAt's: jobs.")


def test_a_middleware_that_is_missing_is_named(settings):
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != "jobs.unavailable.DatabaseAway"]
    assert ids() == {"jobs.W007"}


def test_a_project_whose_pages_know_no_person_is_told_so(settings):
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "appearance" not in one]
    assert ids() == {"jobs.W010"}


def test_pages_hold_without_knowing_who_looks(client, settings):
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "appearance" not in one]
    client.force_login(User.objects.create_superuser("ada", password="pw"))
    for address in ("/", "/jobs/", "/tokens/"):
        page = client.get(address).content.decode()
        assert "All times are UTC" in page
        assert 'name="theme"' not in page


def test_a_schema_class_that_makes_no_document_of_ours_is_named(monkeypatch):
    monkeypatch.setattr(api_settings, "DEFAULT_SCHEMA_CLASS", ViewInspector)
    assert ids() == {"jobs.W009"}


def test_apps_that_are_missing_are_named_together(monkeypatch):
    have = {name: config for name, config in apps.app_configs.items() if config.name not in ("knox", "rest_framework")}
    monkeypatch.setattr(apps, "app_configs", have)
    with pytest.raises(ImproperlyConfigured, match=r"INSTALLED_APPS, too: knox, rest_framework\."):
        require_apps()


def test_an_app_of_theirs_called_jobs_stops_the_start_with_a_sentence(monkeypatch):
    # As JobsConfig reads it; to set it for all of Django would load it.
    monkeypatch.setattr("jobs.apps.settings", type("Theirs", (), {"INSTALLED_APPS": ["shop.jobs", "jobs"]}))
    monkeypatch.setattr(AppConfig, "create", lambda entry: type("Theirs", (), {"label": "jobs"}))
    with pytest.raises(ImproperlyConfigured, match=r"shop\.jobs has the label 'jobs'.*docs/django\.md"):
        JobsConfig("jobs", jobs)


def test_a_text_in_their_settings_is_read_as_the_environments_is(settings):
    settings.JOBS_KEEP = "completed=7"
    settings.JOBS_NODE_MAX_MEMORY = "off"
    settings.JOBS_HTTP_ALLOW = "hooks.internal,10.1.0.0/16"
    assert [rule.days for rule in conf().keep if "completed" in str(rule)] == [7]
    assert (conf().node_max_memory, conf().http_allow) == (None, ["hooks.internal", "10.1.0.0/16"])
    assert ids() == set()


def test_a_text_that_means_nothing_is_refused_in_the_environments_words(settings):
    settings.JOBS_KEEP = "for ever"
    (found,) = [one for one in run_checks(tags=["jobs"]) if one.id == "jobs.E016"]
    assert found.msg.startswith("JOBS_KEEP")
