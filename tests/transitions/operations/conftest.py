import pytest
from django.contrib.auth.models import Permission, User

from jobs.transitions import operations
from jobs.transitions.operations import AskedOfMany
from tests.conftest import NOW


@pytest.fixture
def grace(db):
    """Somebody who may control jobs."""
    user = User.objects.create_user("grace")
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_job", "control_job")))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def begin(grace):
    """Begin an operation of hers."""

    def of(verb, wanted=None, *, now=NOW, by=None, key=None, **more):
        asked = AskedOfMany(verb, wanted or {}, **more)
        begun = operations.begin(asked, reason="They are wrong.", by=by or grace, now=now, idempotency_key=key)
        return begun.operation

    return of


@pytest.fixture
def undo(grace):
    def of(operation, *, now=NOW, by=None):
        return operations.begin_undo(operation.pk, reason="They were right.", by=by or grace, now=now).operation

    return of


def carry(operation, *, now=NOW, most=1000):
    """Go on with it until it is over; returns it as it is then."""
    for _ in range(most):
        if not operations.go_on(operation.pk, now=now):
            break
    operation.refresh_from_db()
    return operation
