"""All of the package asks its own database: whatever alias that is, nothing goes by Django's default."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.db import connections
from django_celery_beat.models import PeriodicTask
from knox.models import AuthToken

from jobs import database
from jobs.database.router import Router
from jobs.models import Job
from launcher.home import CHECKOUT

OTHER = re.compile(
    r"from django\.db import [^\n]*\b(connection|transaction|DEFAULT_DB_ALIAS)\b|DATABASES\[\"default\"\]"
)
IMPORTED = re.compile(r"from django\.db import \(([^)]*)\)")


def lines_of(text: str) -> str:
    return IMPORTED.sub(lambda found: "from django.db import " + " ".join(found[1].split()), text)


def test_nothing_asks_djangos_default():
    package = CHECKOUT / "jobs"
    files = [one for one in package.rglob("*.py") if one.parent.name not in ("migrations", "database")]
    assert len(files) > 500
    assert [str(one) for one in files if OTHER.search(lines_of(one.read_text()))] == []


@pytest.fixture
def another(monkeypatch):
    """An installation whose tables are reached by another alias than accounts."""
    monkeypatch.setattr("jobs.database.router.alias", lambda: "runat")
    return Router()


def test_what_our_transactions_change_goes_by_our_alias_and_accounts_do_not(another):
    for model in (Job, PeriodicTask, AuthToken):
        assert another.db_for_read(model) == another.db_for_write(model) == "runat"
    assert another.db_for_write(get_user_model()) is None
    assert another.allow_relation(Job(), get_user_model()()) is True
    assert another.allow_relation(get_user_model()(), get_user_model()()) is None


def test_the_connection_is_that_of_the_thread_at_our_alias():
    assert database.alias() == "default"
    assert database.connection.settings_dict is connections["default"].settings_dict
