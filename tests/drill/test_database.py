"""What is done to the drill's own PostgreSQL."""

import psycopg
import pytest
from psycopg.errors import ReadOnlySqlTransaction

from launcher.home import temporary_home
from launcher.servers.binaries import find_postgres
from launcher.servers.postgres import Postgres
from verification.drill.services.database import Database

pytestmark = pytest.mark.launcher


@pytest.fixture(scope="module")
def database():
    with temporary_home() as home:
        database = Database(Postgres(home, find_postgres(home), durable=False))
        yield database
        database.down()


def seconds_of_an_answer(database):
    """The least of some, which a busy machine delays too."""
    with psycopg.connect(database.url, autocommit=True) as session:
        spans = []
        for _ in range(5):
            (begin,) = session.execute("SELECT clock_timestamp()").fetchone()
            (end,) = session.execute("SELECT clock_timestamp()").fetchone()
            spans.append((end - begin).total_seconds())
    return min(spans)


def test_a_slow_one_answers_late_and_a_read_only_one_is_not_stopped_meanwhile(database):
    assert seconds_of_an_answer(database) < 0.05
    database.slow()
    assert not database.open
    assert seconds_of_an_answer(database) >= 0.05
    database.up()
    assert seconds_of_an_answer(database) < 0.05

    database.read_only(yes=True)
    with psycopg.connect(database.url) as session, pytest.raises(ReadOnlySqlTransaction):
        session.execute("CREATE TABLE nothing ()")
    assert not database.open
    database.read_only(yes=False)
    assert database.open
