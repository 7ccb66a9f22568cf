"""What the broker keeps of how far the ledger has come: one note, also after a leader has died at it."""

import uuid

import pytest
from celery import current_app

from jobs.installation import memory
from jobs.installation.memory import Keeper, Memory


@pytest.fixture(params=["valkey", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
def mark(request, monkeypatch):
    if request.param == "rabbitmq":
        url, connect = request.getfixturevalue("rabbitmq"), current_app.connection_for_write

        def confirming(given=None, transport_options=None, **options):  # as project/settings.py asks it of RabbitMQ
            return connect(
                given or url, transport_options={**(transport_options or {}), "confirm_publish": True}, **options
            )

        monkeypatch.setattr(current_app, "connection_for_write", confirming)
    mark = f"test-{uuid.uuid4().hex[:8]}"
    yield mark
    with current_app.connection_for_write() as connection:
        connection.default_channel.queue_delete(f"runat-memory-{mark}")


def kept(mark):
    with current_app.connection_for_write() as connection:
        return memory._queue(connection.default_channel, mark).queue_declare().message_count


def test_nothing_is_remembered_at_first_and_then_the_latest(mark):
    assert memory.read(mark) is None
    for start in (1, 2, 3):
        memory.write(mark, Memory(start, 10 * start, 1))
    assert kept(mark) == 1
    assert memory.read(mark) == Memory(3, 30, 1)
    assert memory.read(mark) == Memory(3, 30, 1), "reading takes nothing away"


def test_of_two_notes_the_furthest_counts(mark):
    with memory._connection() as connection:
        queue = memory._queue(connection.default_channel, mark)
        memory._put(connection, queue, Memory(9, 90, 1))
        memory._put(connection, queue, Memory(8, 80, 1))
    assert memory.read(mark) == Memory(9, 90, 1)
    assert kept(mark) == 1


def test_the_keeper_notes_what_it_is_given_in_its_own_time(mark):
    keeper = Keeper()
    keeper.note(mark, Memory(5, 50, 1))
    for _ in range(200):
        if memory.read(mark) == Memory(5, 50, 1):
            break
    assert memory.read(mark) == Memory(5, 50, 1)
