"""A session that has seen an error is replaced at its next use, whoever caught the error and whichever class it had."""

from __future__ import annotations

import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    connections,
    transaction,
)
from django.db.backends.signals import connection_created

from jobs.models import Leadership
from jobs.postgresql.session import WRITABLE, ReadOnly

RAISE = "DO $$ BEGIN RAISE EXCEPTION 'as it would be' USING ERRCODE = '{}'; END $$"
OF_THE_SESSION = {
    "read-only": "25006",
    "disk full": "53100",
    "administrator": "57P01",
    "internal": "XX000",
    "no such table": "42P01",
    "no right": "42501",
    "raised": "P0001",
    "aborted transaction": "25P02",
}
OF_THE_STATEMENT = {
    "unique": "23505",
    "number": "22003",
    "serialization": "40001",
    "deadlock": "40P01",
    "lock": "55P03",
    "statement timeout": "57014",
}


@pytest.fixture(autouse=True)
def _committed(transactional_db):
    connection.ensure_connection()


def sql(statement, on=connection):
    with on.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None


def session():
    return sql("SELECT pg_backend_pid()")


@pytest.mark.parametrize("code", OF_THE_SESSION.values(), ids=OF_THE_SESSION)
def test_after_any_other_error_the_next_statement_has_another_session(code):
    before = session()
    with pytest.raises((DatabaseError, InterfaceError)):
        sql(RAISE.format(code))
    assert session() != before


@pytest.mark.parametrize("code", OF_THE_SESSION.values(), ids=OF_THE_SESSION)
def test_within_a_transaction_it_stays_until_that_is_over(code):
    before = session()
    with transaction.atomic():
        Leadership.objects.get_or_create(id=1)
        with pytest.raises((DatabaseError, InterfaceError)), transaction.atomic():
            sql(RAISE.format(code))
        assert session() == before
        transaction.set_rollback(True)
    assert session() != before
    assert not Leadership.objects.exists()


@pytest.mark.parametrize("code", OF_THE_STATEMENT.values(), ids=OF_THE_STATEMENT)
def test_an_error_that_says_nothing_of_the_session_costs_none(code):
    before = session()
    with pytest.raises((DataError, IntegrityError, OperationalError)):
        sql(RAISE.format(code))
    assert session() == before


def test_an_error_of_the_commit_counts_too():
    sql("CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $f$ " + RAISE.format("25006")[6:-2] + "$f$")
    sql(
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON jobs_leadership DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION late()"
    )
    try:
        before = session()
        with pytest.raises(ReadOnly), transaction.atomic():
            Leadership.objects.create(id=1)
        assert session() != before
    finally:
        sql("DROP FUNCTION late CASCADE")


def test_a_transaction_begun_by_hand_is_not_lost_in_silence():
    connection.set_autocommit(False)
    try:
        before = session()
        with pytest.raises(OperationalError):
            sql(RAISE.format("25006"))
        with pytest.raises(DatabaseError, match="current transaction is aborted"):
            session()
        connection.rollback()
        assert session() == before
    finally:
        connection.rollback()
        connection.set_autocommit(True)
    assert session() != before


def test_a_session_that_has_become_read_only_is_found_before_the_next_request_and_body():
    before = session()
    sql("SET default_transaction_read_only = on")
    close_old_connections()
    assert session() != before
    Leadership.objects.get_or_create(id=1)


def test_a_session_that_was_cut_is_replaced():
    other = connections.create_connection("default")
    try:
        (pid,) = session()
        sql(f"SELECT pg_terminate_backend({pid})", other)
        with pytest.raises(OperationalError):
            session()
        assert session() != (pid,)
    finally:
        other.close()


def read_first(number=1):
    """The session that answers, as the first statement of a request is asked."""
    rows = connection.read_first(
        f"SELECT pg_backend_pid(), {WRITABLE} FROM generate_series(1, %(number)s)", {"number": number}
    )
    return [pid for pid, _ in rows]


def test_a_first_statement_tries_the_session_itself(monkeypatch):
    before = session()
    close_old_connections()
    monkeypatch.setattr(connection, "is_usable", lambda: pytest.fail("it was asked"))
    assert read_first() == list(before)
    assert session() == before


def test_a_first_statement_is_asked_again_where_the_session_is_read_only():
    before = session()
    sql("SET default_transaction_read_only = on")
    close_old_connections()
    (after,) = read_first()
    assert after != before[0]
    Leadership.objects.get_or_create(id=1)


def test_a_first_statement_without_a_row_tries_nothing():
    before = session()
    sql("SET default_transaction_read_only = on")
    close_old_connections()
    assert read_first(0) == []
    assert session() != before


def test_a_first_statement_is_asked_again_where_the_session_was_cut():
    other = connections.create_connection("default")
    try:
        (pid,) = session()
        close_old_connections()
        sql(f"SELECT pg_terminate_backend({pid})", other)
        (after,) = read_first()
        assert after != pid
    finally:
        other.close()


def test_a_first_statement_that_is_wrong_itself_is_not_asked_again():
    before = session()
    close_old_connections()
    with pytest.raises(DataError):
        connection.read_first(f"SELECT 1 / %(number)s, {WRITABLE}", {"number": 0})
    assert session() == before


def test_a_receiver_that_fails_leaves_no_half_made_session():
    def fails(**kwargs):
        raise RuntimeError

    connection.close()
    connection_created.connect(fails)
    try:
        with pytest.raises(RuntimeError):
            connection.ensure_connection()
        assert connection.connection is None
    finally:
        connection_created.disconnect(fails)
    assert session()
