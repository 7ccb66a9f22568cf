"""Whose messages and whose lock: each installation has a name of its own, also two in one database."""

from uuid import UUID, uuid4

import pytest
from django.db import connection, connections

from jobs.events.scheduler import LeadershipBegun, StandsBy
from jobs.installation import Identity, Known, known
from jobs.models import Installation, Leadership
from jobs.scheduler.leader import Leader
from tests.conftest import NOW

ONE = Identity(UUID(int=1 << 120), UUID(int=2))


def test_a_mark_is_of_its_installation_in_any_incarnation():
    reborn, other = Identity(ONE.identity, uuid4()), Identity(uuid4(), ONE.incarnation)
    assert ONE.owns(ONE.mark)
    assert reborn.owns(ONE.mark)
    assert not other.owns(ONE.mark)
    assert ONE.owns(""), "older versions send messages without one"


@pytest.mark.django_db
def test_the_row_is_made_where_it_is_missing_and_read_once():
    Installation.objects.all().delete()
    mine = Known()
    first = mine.identity()
    row = Installation.objects.get()
    assert (first.identity, first.incarnation) == (row.identity, row.incarnation)
    Installation.objects.all().delete()
    assert mine.identity() == first


@pytest.mark.django_db
def test_another_incarnation_forgets_the_starts_of_the_last():
    mine = Known()
    mine.read()
    mine.heard(7)
    mine.heard(3)
    assert mine.start == 7
    Installation.objects.update(incarnation=uuid4())
    mine.read()
    assert mine.start == 0


SCHEMA = """
CREATE SCHEMA other;
CREATE TABLE other.jobs_installation (LIKE jobs_installation INCLUDING ALL);
CREATE TABLE other.jobs_leadership (LIKE jobs_leadership INCLUDING ALL);
CREATE TABLE other.jobs_attempt (LIKE jobs_attempt INCLUDING ALL);
"""


@pytest.fixture
def other_schema(transactional_db):
    """A second installation in this database, found by its search path."""
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
    yield "other"
    with connection.cursor() as cursor:
        cursor.execute("SET search_path TO DEFAULT; DROP SCHEMA other CASCADE")


def test_two_installations_in_one_database_both_lead(other_schema, monkeypatch):
    """With one lock for the whole database the second never led, and said nothing."""
    first, second, standby = Leader("first"), Leader("second"), Leader("standby")
    try:
        assert first.lead(NOW)
        monkeypatch.setitem(connections["default"].settings_dict, "SESSION", {"search_path": other_schema})
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path TO {other_schema}")
        theirs = known.read()
        assert second.lead(NOW)
        assert not standby.lead(NOW), "of the same installation only one leads"
        assert Leadership.objects.get().holder == "second"
        assert Leadership.lock_holder(theirs.lock) is not None
    finally:
        for leader in (first, second, standby):
            leader.step_down()


def test_nobody_leads_while_only_another_installation_in_the_database_does(transactional_db):
    """The monitor took any beat's lock for that of ours."""
    leader = Leader("first")
    leader.lead(NOW)
    assert Leadership.lock_holder(known.identity().lock) is not None
    assert Leadership.lock_holder(Identity(uuid4(), uuid4()).lock) is None
    leader.step_down()
    assert Leadership.lock_holder(known.identity().lock) is None


def test_a_standby_says_once_a_minute_who_leads(transactional_db, emitted):
    leader, standby = Leader("first"), Leader("second")
    leader.lead(NOW)
    for _ in range(3):
        assert not standby.lead(NOW)
    assert emitted.of(LeadershipBegun) == [LeadershipBegun("first", 1)]
    (said,) = emitted.of(StandsBy)
    assert (said.name, said.latest) == ("second", "led by first (leader no. 1)")
    assert said.holder.startswith("session")
    leader.step_down()
    standby.step_down()
