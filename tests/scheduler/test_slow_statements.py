"""A statement that takes longer than the lease costs no leader its lock, and maintenance costs no window its list."""

import threading
import time

import pytest
from celery import current_app
from django.db import connection

from jobs.models import Leadership
from jobs.scheduler import WindowScheduler, lease, locksession
from jobs.scheduler.leader import Leader
from jobs.scheduler.lease import Lease
from tests.conftest import NOW
from tests.scheduler.rows import job

LEASE = 1.0  # seconds


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setitem(locksession.SESSION_SETTINGS, "idle_session_timeout", f"{LEASE:g}s")
    monkeypatch.setattr(lease, "LOOK_EVERY", LEASE / 20)
    monkeypatch.setattr(lease, "SILENT_FOR", LEASE / 10)


@pytest.fixture
def contenders(short):
    one, two = Leader("one"), Leader("two")
    keeper = Lease(one)
    assert one.lead(NOW)
    yield one, two, keeper
    keeper.stop()
    one.step_down()
    two.step_down()


def test_the_lock_lives_while_the_scheduler_waits_for_a_statement(contenders):
    one, two, keeper = contenders
    keeper.turn_begins()
    time.sleep(3 * LEASE)
    assert not two.lead(NOW)
    assert one.still(NOW)


def test_without_signs_of_life_it_is_lost(contenders):
    one, two, _ = contenders
    time.sleep(2 * LEASE)
    assert two.lead(NOW)
    assert not one.still(NOW)


def test_a_turn_that_never_ends_loses_it(contenders, monkeypatch):
    one, two, keeper = contenders
    monkeypatch.setattr(lease, "LONGEST_TURN", LEASE / 2)
    keeper.turn_begins()
    time.sleep(3 * LEASE)
    assert two.lead(NOW)
    assert not one.lead(NOW)


def test_a_standby_whose_turn_takes_long_has_no_lock_to_let_go(monkeypatch, caplog):
    monkeypatch.setattr(lease, "LONGEST_TURN", 0.0)
    one = Leader("one")
    keeper = Lease(one)
    keeper.look()
    assert caplog.text == ""
    assert one.lead(NOW)
    keeper.look()
    assert "one lets its lock go" in caplog.text
    one.step_down()


def test_a_dead_session_is_known_before_the_next_publication(contenders):
    one, _, _ = contenders
    one.lock.session.connection.close()
    assert one.still(NOW), "nobody has asked within the last second"
    one.ping(0)
    assert not one.still(NOW)
    assert not one.leading
    assert one.lead(NOW), "and it can lead again"


def test_a_list_query_that_is_longer_than_the_lease_publishes_what_it_finds(beat, hands, sent, short, monkeypatch):
    one, two = beat(), beat()
    due = job(hands, 5)
    ask = one.dispatcher.list

    def slow(**kwargs):
        found = ask(**kwargs)
        time.sleep(2.5 * LEASE)
        return found

    monkeypatch.setattr(one.dispatcher, "list", slow)

    def turn_once():
        one.tick()
        connection.close()

    turn = threading.Thread(target=turn_once)
    turn.start()
    while not one.leader.leading:
        time.sleep(0.01)
    while turn.is_alive():
        two.tick()
        time.sleep(LEASE / 10)
    assert sent == [due]
    assert Leadership.objects.get().epoch == one.leader.epoch == 1


def test_a_window_is_listed_while_maintenance_takes_its_time(hands, sent):
    one = WindowScheduler(current_app)
    rescue = next(service for service in one.sweeper.services if service.name == "rescue")
    entered, go_on = threading.Event(), threading.Event()

    def long(now):
        entered.set()
        go_on.wait(30)
        return 60.0

    rescue.run = long
    try:
        one.tick()
        assert entered.wait(10)
        due = job(hands, 8)
        hands.forward(8)
        one.tick()
        assert sent == [due]
    finally:
        go_on.set()
        one.close()


def test_a_service_that_fails_holds_up_no_other_and_is_tried_again(beat, hands, sent):
    one = beat()
    one.tick()
    ran = []
    for service in one.sweeper.services:
        service.run = lambda now, name=service.name: ran.append(name) or 60.0
    first = one.sweeper.services[0]
    fine, first.run = first.run, lambda now: 1 / 0
    one.sweeper.sweep(hands.now)
    assert ran == [service.name for service in one.sweeper.services[1:]]
    first.run, first.due = fine, 0.0
    one.sweeper.sweep(hands.now)
    assert ran[-1] == first.name


def test_a_beat_that_stands_by_sweeps_nothing(beat, hands, sent):
    one, two = beat(), beat()
    one.tick()
    two.tick()
    ran = []
    for service in two.sweeper.services:
        service.run = lambda now: ran.append(now) or 60.0
    two.sweeper.sweep(hands.now)
    assert ran == []
