"""Names of Django's tasks, of Django itself (from 6.0 on) or of the package django-tasks: their parts are the same."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from jobs.targets.django_tasks import framework

_found = framework()
if _found is None:
    raise ImproperlyConfigured("Tasks need Django 6.0, or the package django-tasks: pip install django-tasks.")


def _part(name: str) -> Any:
    assert _found is not None  # noqa: S101 - see above
    return import_module(f"{_found.__name__}.{name}")


base, exceptions, signals = _part("base"), _part("exceptions"), _part("signals")
BaseTaskBackend: Any = _part("backends.base").BaseTaskBackend
normalize_json: Any = vars(base)["normalize_json"]
# django-tasks 0.12 has another name for it than Django.
InvalidTask: Any = vars(exceptions).get("InvalidTask") or vars(exceptions)["InvalidTaskError"]
