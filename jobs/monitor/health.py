"""For orchestrators and load balancers: is this process alive, and can it do its work? No login, nothing secret."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jobs.migrated import missing_migrations
from jobs.monitor import broker

log = logging.getLogger(__name__)

MIGRATED = "runat-migrated"
MIGRATED_FOR = 60  # seconds: reading all migration files at each probe would cost more than it tells


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; asks nobody else, so that a lost database does not restart the web."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when all parts are ready; else 503, saying which is not and what to do."""
    wrong: dict[str, str] = {}
    if not _database_answers():
        wrong["database"] = "The database does not answer. See that PostgreSQL runs where DATABASE_URL points."
    elif not _migrated():
        wrong["migrations"] = "The schema is not up to date. Run: python manage.py migrate"
    if not broker.answers():
        wrong["broker"] = "The broker does not answer within 1 s. See that it runs where BROKER_URL points."
    return JsonResponse({"ready": not wrong, "problems": wrong}, status=503 if wrong else 200)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        log.warning("the database does not answer: %s", error)
        connection.close()
        return False
    return True


def _migrated() -> bool:
    if cache.get(MIGRATED):
        return True
    try:
        migrated = not missing_migrations()
    except (DatabaseError, InterfaceError) as error:
        log.warning("the migrations cannot be read: %s", error)
        return False
    if migrated:
        cache.set(MIGRATED, True, MIGRATED_FOR)
    return migrated
