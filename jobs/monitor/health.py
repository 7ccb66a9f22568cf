"""Probes for orchestrators and load balancers: does this process live, can it do its work? No login, nothing secret."""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jobs import zones
from jobs.database import connection
from jobs.events import emit
from jobs.events.monitor import DatabaseIsNotReady, MigrationsUnreadable
from jobs.migrated import missing_migrations
from jobs.models import Installation
from jobs.models.installation import COMMAND, REMEDY
from jobs.monitor import broker
from jobs.postgresql.session import WRITABLE, ReadOnly
from jobs.unavailable import remedy

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
    if database := _wrong_with_database():
        wrong["database"] = database
    elif not _migrated():
        wrong["migrations"] = "The schema is not up to date. Run: python manage.py migrate"
    elif restored := Installation.restored():
        wrong["restored"] = f"{restored.what} {REMEDY}: {COMMAND}"
    if not broker.answers():
        wrong["broker"] = "The broker does not answer within 1 s. See that it runs where BROKER_URL points."
    shown = {"ready": not wrong, "problems": wrong, "time_zones": zones.RELEASE}
    return JsonResponse(shown, status=503 if wrong else 200)


def _wrong_with_database() -> str:
    """Return what is wrong with the database and what to do; empty: it answers and can be written to."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {WRITABLE}")
            if not cursor.fetchone()[0]:
                raise ReadOnly
    except (DatabaseError, InterfaceError) as error:
        emit(DatabaseIsNotReady(error))
        return remedy(error)
    return ""


def _migrated() -> bool:
    if cache.get(MIGRATED):
        return True
    try:
        migrated = not missing_migrations()
    except (DatabaseError, InterfaceError) as error:
        emit(MigrationsUnreadable(error))
        return False
    if migrated:
        cache.set(MIGRATED, True, MIGRATED_FOR)
    return migrated
