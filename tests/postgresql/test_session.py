"""A session is set to what the guarantees rest on, whatever the server, the database and the role have as defaults."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection, connections
from psycopg import Cursor

from jobs.models import Job
from jobs.postgresql import session
from jobs.postgresql.session import CHOSEN, FIXED, ReadOnly

DEFAULTS = {
    "default_transaction_isolation": "'repeatable read'",
    "statement_timeout": "'7s'",
    "lock_timeout": "'7s'",
    "idle_in_transaction_session_timeout": "'7s'",
    "idle_session_timeout": "'70s'",
    "transaction_timeout": "'7s'",
    "search_path": "pg_catalog",
    "standard_conforming_strings": "off",
    "DateStyle": "'German'",
    "IntervalStyle": "'iso_8601'",
    "extra_float_digits": "-10",
    "TimeZone": "'Asia/Tokyo'",
    "synchronous_commit": "off",
}


def sql(statement, parameters=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else None


def show(on, name):
    with on.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return cursor.fetchone()[0]


@pytest.fixture
def fresh(transactional_db):
    """Opens sessions as a process does that starts now."""
    made = []

    def fresh(**chosen):
        other = connections.create_connection("default")
        other.settings_dict = {**other.settings_dict, "SESSION": chosen}
        made.append(other)
        return other

    yield fresh
    for other in made:
        other.close()


@pytest.fixture(params=["DATABASE {name}", "ROLE {user} IN DATABASE {name}"])
def whose(request, transactional_db):
    """Whose defaults are altered; they are as they were at the end."""
    where = connection.settings_dict
    whose = request.param.format(name=where["NAME"], user=where["USER"])
    yield whose
    sql(f"ALTER {whose} RESET ALL")


def test_each_default_that_matters_is_tried():
    assert set(DEFAULTS) == {*FIXED, *CHOSEN, "TimeZone", "synchronous_commit"}


@pytest.mark.parametrize("name", DEFAULTS)
def test_no_default_of_the_database_or_the_role_reaches_a_session(fresh, whose, name):
    before = show(fresh(), name)
    sql(f"ALTER {whose} SET {name} = {DEFAULTS[name]}")
    assert show(fresh(), name) == before == {**FIXED, **CHOSEN, "TimeZone": "UTC", "synchronous_commit": "on"}[name]


@pytest.mark.parametrize("level", ["local", "remote_write", "on", "remote_apply"])
def test_how_far_a_commit_waits_for_standbys_is_theirs_to_say_who_run_them(fresh, whose, level):
    sql(f"ALTER {whose} SET synchronous_commit = {level}")
    assert show(fresh(), "synchronous_commit") == level


def test_database_url_may_choose(fresh):
    assert show(fresh(lock_timeout="3s"), "lock_timeout") == "3s"


def test_a_process_may_add_what_holds_for_it(fresh):
    session.pin(statement_timeout="20s")
    assert show(fresh(), "statement_timeout") == "20s"


def test_a_session_whose_settings_were_discarded_is_set_anew(fresh, whose):
    sql(f"ALTER {whose} SET default_transaction_isolation = 'serializable'")
    other = fresh()
    with other.cursor() as cursor:
        cursor.execute("DISCARD ALL")
    assert show(other, "transaction_isolation") == "serializable"
    other.init_connection_state()
    assert show(other, "transaction_isolation") == "read committed"


def test_a_session_costs_one_round_trip(fresh, monkeypatch):
    asked = []
    execute = Cursor.execute

    def counted(cursor, query, *args, **kwargs):
        asked.append(query)
        return execute(cursor, query, *args, **kwargs)

    monkeypatch.setattr(Cursor, "execute", counted)
    fresh().ensure_connection()
    assert len(asked) == 1


def test_tables_in_a_schema_that_only_a_default_names_are_not_made_anew_elsewhere(fresh, whose):
    sql("CREATE SCHEMA elsewhere")
    try:
        sql("CREATE TABLE elsewhere.jobs_job ()")
        sql(f"ALTER {whose} SET search_path = elsewhere, public")
        with pytest.raises(OperationalError, match=r"\?options=-c%20search_path%3Delsewhere,public"):
            fresh().ensure_connection()
        assert show(fresh(search_path="elsewhere"), "search_path") == "elsewhere"
    finally:
        sql("DROP SCHEMA elsewhere CASCADE")


def test_a_session_that_cannot_write_is_refused_and_left(fresh, whose):
    sql(f"ALTER {whose} SET default_transaction_read_only = on")
    other = fresh()
    with pytest.raises(ReadOnly, match="the database is read-only"):
        other.ensure_connection()
    assert other.connection is None
    sql("SET default_transaction_read_only = off")
    sql(f"ALTER {whose} RESET default_transaction_read_only")
    other.ensure_connection()
    assert show(other, "transaction_read_only") == "off"


def test_jobs_are_read_through_such_a_session(fresh, whose, make_job):
    for name, value in DEFAULTS.items():
        sql(f"ALTER {whose} SET {name} = {value}")
    job = make_job(60)
    connection.close()
    assert Job.objects.get().run_at == job.run_at
