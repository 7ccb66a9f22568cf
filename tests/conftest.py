"""What all tests share. Services come from the environment: `make test` starts throw-away ones."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connections
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from jobs import rules, transitions
from jobs.breaker import Breaker
from jobs.clock import clock, steady
from jobs.creation_limits.allowances import forget
from jobs.events import Event, subscribe
from jobs.installation import Identity, known
from jobs.models import Job
from jobs.postgresql import session
from jobs.publishing import late_publisher
from jobs.publishing.late import AVOID_FOR
from jobs.rights import target_rules
from jobs.tokens.uses import uses
from tests import emptying

# Half a second for each person of a test goes into what makes a stolen password slow to guess. A hash says how many
# rounds it has: processes that a test starts check it as it is, with their own number for what they make themselves.
PBKDF2PasswordHasher.iterations = 1

NOW = datetime(2030, 1, 1, 12, 0, 3, tzinfo=UTC)  # 3 s into a window of 10 s


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


IDENTITY = Identity(uuid4(), uuid4())  # of what this process tests; its row may be missing, or another


MAY_FAIL_ONCE = pytest.mark.flaky(reruns=1, rerun_except=["exactly once"])


def pytest_itemcollected(item: pytest.Item) -> None:
    """A shared machine may freeze a process or a thread for longer than its patience: a test may fail once (the summary
    shows each RERUN with its failure), but never by a job that was lost or ran twice."""
    item.add_marker(MAY_FAIL_ONCE)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"why {report.nodeid} was run again")
        terminalreporter.line(report.longreprtext)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """What a beat or a web process pins in its sessions is over with its test: a later one's transaction would end when
    the machine lets it stand still for some seconds."""
    try:
        return (yield)
    finally:
        if session._of_process:
            session._of_process.clear()
            connections.close_all()


RIGHTS_UNTOLD = """
DO $$ DECLARE its record; BEGIN
    FOR its IN SELECT tgrelid::regclass AS name, tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
        WHERE NOT tgisinternal AND proname IN ('jobs_audit_row', 'jobs_audit_rows', 'jobs_audit_authenticator')
    LOOP
        EXECUTE format('ALTER TABLE %s {} TRIGGER %I', its.name, its.tgname);
    END LOOP;
END $$
"""


@receiver(post_migrate)
def _rights_are_untold(sender: Any, using: str, **_: Any) -> None:
    """Nearly every test makes people with rights. That the audit tells of it is for `rights_audited` and its tests."""
    if sender.label == "jobs":
        with connections[using].cursor() as cursor:
            cursor.execute(RIGHTS_UNTOLD.format("DISABLE"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        emptying.empty_audit()


@pytest.fixture
def rights_audited(db: None) -> Iterator[None]:
    """Have the triggers write to the audit who gets which rights, as they do everywhere but in other tests."""
    with connections["default"].cursor() as cursor:
        cursor.execute(RIGHTS_UNTOLD.format("ENABLE"))
    yield
    if not connections["default"].in_atomic_block:  # else they are as before when the test's transaction is undone
        with connections["default"].cursor() as cursor:
            cursor.execute(RIGHTS_UNTOLD.format("DISABLE"))


@pytest.fixture(autouse=True)
def _measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is measured anew each minute: five statements that would disturb whoever counts his."""
    monkeypatch.setattr(clock, "_measured", steady())


@pytest.fixture(autouse=True)
def _named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose this process is was read just now: a statement less for whoever counts his."""
    monkeypatch.setattr(known, "kept", IDENTITY)
    monkeypatch.setattr(known, "start", 0)
    monkeypatch.setattr(known, "_read_at", steady())


@pytest.fixture(autouse=True)
def _limits_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process keeps of the limits is from another test's rows. That no target has a rule is known
    however long the test takes: a statement less for whoever counts his, and none for one without a database."""
    forget()
    monkeypatch.setattr(target_rules, "_kept", (math.inf, target_rules.NO_RULES))


@pytest.fixture(autouse=True)
def _nothing_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a token was used is written by a thread with a connection of its own, which would outlive the test."""
    monkeypatch.setattr(uses, "note", lambda token, now: None)


@pytest.fixture(autouse=True)
def _broker_without_the_past(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test publishes although one before it has taken the broker away, and processes that it starts find no message
    and no memory of that one."""
    monkeypatch.setattr(late_publisher, "_broker", Breaker(AVOID_FOR))
    monkeypatch.setattr(late_publisher, "_queues", {})
    if request.node.get_closest_marker("processes"):
        from tests.brokers import forget_the_ledger, purge  # noqa: PLC0415 - it names whose this process is

        purge(settings.CELERY_BROKER_URL)
        forget_the_ledger(settings.CELERY_BROKER_URL)


class Emitted(list[Event]):
    """Events in their order."""

    def of(self, *kinds: type[Event]) -> list[Event]:
        return [event for event in self if isinstance(event, kinds)]


@pytest.fixture
def emitted() -> Iterator[Emitted]:
    """What happens in this process during the test."""
    events = Emitted()
    end = subscribe(events.append)
    yield events
    end()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def make_job(db: None) -> Any:
    """Create a job through the one way in. Times are relative to `now`, in seconds."""

    def make(after: float = 60, *, now: datetime = NOW, by: Any = None, **fields: Any) -> Job:
        fields = {"target": "demo.sleep", "payload": {"seconds": 0}, **fields}
        new = rules.check_new_job(run_at=now + timedelta(seconds=after), now=now, **fields)
        job, _ = transitions.create(new, now=now, by=by)
        job.refresh_from_db()
        return job

    return make


@pytest.fixture
def rabbitmq() -> str:
    """The address of a RabbitMQ. Without one the test is skipped, except where CI asks for it."""
    url = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")
    try:
        with current_app.connection(url) as broker:
            broker.connect()
    except Exception as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no RabbitMQ at {url} ({error}); set TEST_RABBITMQ_URL")
    return url
