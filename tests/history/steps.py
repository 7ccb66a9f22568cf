"""What a test asks of the history."""

from django.db import connection

from jobs.models import Job
from jobs.scheduler.history import Moving
from tests.conftest import NOW


def move(now=NOW):
    """As a leader that has just begun does."""
    return Moving()(now=now)


def history(*names):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names or ('id',))} FROM jobs_history ORDER BY id")
        found = cursor.fetchall()
    return [row if len(names) > 1 else row[0] for row in found]


def hot():
    return sorted(Job.objects.values_list("pk", flat=True))
