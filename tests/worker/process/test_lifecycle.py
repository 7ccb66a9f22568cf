"""What a pool child inherits, and what it must not keep."""

import os
import threading

import pytest
from django.db import connection

from jobs.worker.process import lifecycle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def line(monkeypatch):
    """A connection of another thread: its row locks would outlive this process in whoever holds it open."""
    lines: list[int] = []
    opened, done = threading.Event(), threading.Event()

    def hold():
        connection.ensure_connection()
        lifecycle._opened(connection)
        lines.append(connection.connection.fileno())
        opened.set()
        done.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert opened.wait(30)
    yield lines[0]
    done.set()
    thread.join()


def in_a_child(look):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"yes" if look() else b"no ")
        os._exit(0)
    answer = os.read(reader, 3)
    os.waitpid(child, 0)
    return answer == b"yes"


def is_open(line):
    try:
        os.fstat(line)
    except OSError:
        return False
    return True


def test_a_pool_child_lets_go_of_its_parents_connections(line):
    def born():
        lifecycle._child_born()
        return is_open(line)

    assert in_a_child(lambda: is_open(line))
    assert not in_a_child(born)
    assert is_open(line)


def test_that_of_the_main_thread_is_celerys_to_close():
    connection.ensure_connection()
    lifecycle._opened(connection)
    assert connection.connection not in lifecycle._lines
