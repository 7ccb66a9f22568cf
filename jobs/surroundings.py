"""System checks of the project that RunAt is installed in: what it lacks is said with the line to add."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import django
from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import FieldDoesNotExist
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.urls import URLPattern, URLResolver, get_resolver
from django_celery_beat.models import PeriodicTask
from drf_spectacular.openapi import AutoSchema
from knox.models import AuthToken
from rest_framework.settings import api_settings

from jobs import celery
from jobs.database import alias, connection
from jobs.models import Job
from jobs.postgresql.base import DatabaseWrapper

AWAY = "jobs.unavailable.DatabaseAway"
SHOWN = "jobs.web.appearance.shown.shown_to"
NEWEST = (6, 1)  # the first Django that django-celery-beat 2.9 refuses
DOCS = "docs/django.md has all that a project needs."


@register("jobs")
def check_project(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    return [*_versions(), *_database(), *_accounts(), *_celery(), *_web()]


@register(Tags.database)
def check_tables(app_configs: Sequence[AppConfig] | None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Find tables of somebody else's that have the names of ours, before a migration does."""
    if alias() not in (databases or ()):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('jobs_job') IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute "
            "WHERE attrelid = to_regclass('jobs_job') AND attname = 'run_at' AND NOT attisdropped)"
        )
        ((is_theirs,),) = cursor.fetchall()
    return [*_accounts_beside(), *([_tables_of_theirs()] if is_theirs else ())]


def _tables_of_theirs() -> Error:
    return Error(
        "The database has a table jobs_job that is not RunAt's.",
        hint="Give your table another name (db_table), or RunAt a schema of its own: "
        "OPTIONS of DATABASES with '-c search_path=runat,public'. " + DOCS,
        id="jobs.E023",
    )


def _accounts_beside() -> Iterator[CheckMessage]:
    """Yield that the accounts are in another database than ours, whose rows refer to theirs."""
    where = router.db_for_write(get_user_model())
    if where == alias():
        return
    theirs = connections[where]
    if not (theirs.vendor == "postgresql" and _where(theirs) == _where(connection)):
        yield Error(
            f"JOBS_DATABASE is '{alias()}', and '{where}', where accounts are, is another database.",
            hint="Have both lead to one database, by different means: each job refers to the account that created it.",
            id="jobs.E027",
        )


def _where(database: BaseDatabaseWrapper) -> object:
    with database.cursor() as cursor:
        cursor.execute("SELECT current_database(), pg_postmaster_start_time()")
        return cursor.fetchone()


def _versions() -> Iterator[CheckMessage]:
    if django.VERSION >= NEWEST:
        yield Error(
            f"Django {django.get_version()} is newer than what RunAt runs on, since django-celery-beat refuses it.",
            hint="Install Django 6.0 or 5.2.",
            id="jobs.E017",
        )
    if not settings.USE_TZ:
        yield Error("USE_TZ is False, and moments of jobs have a zone.", hint="Set USE_TZ = True.", id="jobs.E018")


def _database() -> Iterator[CheckMessage]:
    if alias() not in settings.DATABASES:
        yield Error(
            f"JOBS_DATABASE is '{alias()}', which DATABASES does not have.",
            hint=f"Add DATABASES['{alias()}'], with what 'default' has and the ENGINE 'jobs.postgresql'. " + DOCS,
            id="jobs.E020",
        )
        return
    ours = settings.DATABASES[alias()]
    if not isinstance(connections[alias()], DatabaseWrapper):
        yield Error(
            f"DATABASES['{alias()}'] has the ENGINE {ours.get('ENGINE')!r}.",
            hint="Set its ENGINE to 'jobs.postgresql': Django's own for PostgreSQL, whose sessions RunAt can rely on; "
            "or add one beside it that has it, and name that by JOBS_DATABASE. " + DOCS,
            id="jobs.E019",
        )
    if ours.get("ATOMIC_REQUESTS"):
        yield Error(
            f"DATABASES['{alias()}'] has ATOMIC_REQUESTS, so that nothing is done before a request has ended.",
            hint="Leave it out, and put transaction.atomic on the views of yours that need it: who waits for the end "
            "of a job, or for a queue to stand still, would wait inside the transaction that has to end before. "
            "Or keep it, and give RunAt a way of its own to the same database by JOBS_DATABASE. " + DOCS,
            id="jobs.E026",
        )
    elsewhere = {model._meta.app_label: router.db_for_write(model) for model in (Job, PeriodicTask, AuthToken)}
    for label, found in elsewhere.items():
        if found == alias():
            continue
        yield Error(
            f"DATABASE_ROUTERS put {label} into '{found}'; RunAt works in '{alias()}', by JOBS_DATABASE.",
            hint="Add 'jobs.database.router.Router' to DATABASE_ROUTERS, before others that know of these apps.",
            id="jobs.E020",
        )


def _accounts() -> Iterator[CheckMessage]:
    meta = get_user_model()._meta
    try:
        _ = meta.get_field("groups"), meta.get_field("user_permissions")
    except FieldDoesNotExist:
        yield Error(
            f"{settings.AUTH_USER_MODEL} has no groups and permissions, by which RunAt says who may do what.",
            hint="Have it inherit django.contrib.auth.models.PermissionsMixin, too.",
            id="jobs.E021",
        )


def _celery() -> Iterator[CheckMessage]:
    app = celery.installed()
    if app is None:
        yield Error(
            "No Celery app of this project starts jobs.",
            hint="Add `from jobs.celery import install; install(app)` where your app is made, and import that module "
            "in the __init__.py of your project, as Celery's documentation has it.",
            id="jobs.E022",
        )
        return
    if app.conf.worker_consumer != celery.CONSUMER:
        yield Error(
            f"worker_consumer is {app.conf.worker_consumer}: its workers can start no jobs.",
            hint=f"Take that setting out: RunAt's is {celery.CONSUMER}, beside which there can be no other.",
            id="jobs.E025",
        )
    if app.conf.beat_scheduler != celery.SCHEDULER:
        yield Warning(
            f"beat_scheduler is {app.conf.beat_scheduler}: its beats list no jobs.",
            hint=f"Start one beside them by `celery -A ... beat -S {celery.SCHEDULER}`.",
            id="jobs.W006",
        )


def _web() -> Iterator[CheckMessage]:
    if AWAY not in settings.MIDDLEWARE:
        yield Warning(
            f"MIDDLEWARE lacks {AWAY}: our pages answer 500 while the database is away, and not 503 with a sentence.",
            hint="Add it at the end.",
            id="jobs.W007",
        )
    if SHOWN not in settings.MIDDLEWARE:
        yield Warning(
            f"MIDDLEWARE lacks {SHOWN}: our pages show all times as UTC, and have no switches of clocks and colours.",
            hint="Add it below AuthenticationMiddleware.",
            id="jobs.W010",
        )
    makes: Any = api_settings.DEFAULT_SCHEMA_CLASS
    if not issubclass(makes, AutoSchema):
        yield Warning(
            "DEFAULT_SCHEMA_CLASS of REST_FRAMEWORK is not drf-spectacular's: the OpenAPI document cannot be made.",
            hint='Set REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}.',
            id="jobs.W009",
        )
    if not getattr(settings, "ROOT_URLCONF", None):
        return
    names = Counter(_names(get_resolver().url_patterns))
    if not names["monitor"]:
        yield Error(
            "No address leads to RunAt's pages.",
            hint='Add path("runat/", include("jobs.urls")) to your ROOT_URLCONF.',
            id="jobs.E024",
        )
        return
    from jobs.urls import urlpatterns  # noqa: PLC0415 - it loads all pages

    if twice := sorted(name for name in set(_names(urlpatterns)) if names[name] > 1):
        yield Warning(
            f"Addresses of yours have names of RunAt's: {', '.join(twice)}. Whichever comes last is linked to.",
            hint="Give yours other names, or a namespace.",
            id="jobs.W008",
        )


def _names(patterns: Sequence[Any]) -> Iterator[str]:
    """Yield the names of addresses outside of any namespace."""
    for one in patterns:
        if isinstance(one, URLPattern):
            if one.name:
                yield one.name
        elif isinstance(one, URLResolver) and not one.namespace:
            yield from _names(one.url_patterns)
