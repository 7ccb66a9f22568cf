"""The theme is a coat: without django-unfold the same admin wears Django's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from unfold.admin import ModelAdmin

from jobs.admin import theme

ROOT = Path(__file__).parents[2]


def test_with_unfold_it_is_worn():
    assert issubclass(theme.ModelAdmin, ModelAdmin)


def test_pages_of_packages_wear_it_under_names_that_say_what_they_are_for():
    assert [page for page in admin.site._registry.values() if not isinstance(page, ModelAdmin)] == []
    assert apps.get_app_config("knox").verbose_name == "Tokens of the API"


@pytest.mark.processes
@pytest.mark.django_db
def test_without_unfold_every_page_works():
    """In a process of its own, since Django reads INSTALLED_APPS once."""
    settings = connection.settings_dict
    host = settings["HOST"] or "localhost"
    who = settings["USER"] + (f":{settings['PASSWORD']}" if settings["PASSWORD"] else "")
    url = f"postgresql://{who}@{host}:{settings['PORT'] or 5432}/{settings['NAME']}"
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", "from tests.admin.without_unfold import look; look()"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.admin.without_unfold", "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == ["200"] * 10
