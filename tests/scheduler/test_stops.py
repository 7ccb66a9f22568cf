"""The leader lets jobs go at the end of a stop, and asks once a window whether there is one."""

import pytest

from jobs.conf import conf
from jobs.models import Job, Stop
from jobs.scheduler import stops as service
from jobs.scheduler import sweeper as sweeper_module
from jobs.scheduler.dispatcher import Dispatcher
from jobs.scheduler.sweeper import LOOK_EVERY, SHORTEST_PAUSE, Sweeper
from tests.conftest import NOW, seconds

pytestmark = pytest.mark.django_db
WINDOW = 10.0


@pytest.fixture
def made():
    def make(until, **more):
        end = None if until is None else NOW + seconds(until)
        return Stop.objects.create(begins_at=NOW - seconds(60), until=end, reason="x", created_at=NOW, **more)

    return make


@pytest.mark.parametrize(
    ("until", "more", "again"),
    [
        (None, {}, WINDOW),
        (3, {}, 3.0),
        (600, {}, WINDOW),
        (0, {}, service.EVERY),
        (-5, {"per_minute": 60}, service.EVERY),
        (-5, {"let_go_at": NOW}, WINDOW),
    ],
)
def test_it_looks_again_when_there_is_something_to_do(made, until, more, again):
    assert conf().min_prepare_time == WINDOW
    made(until, **more)
    assert service.stops(now=NOW) == again


def test_it_costs_one_statement_where_nothing_is_stopped(django_assert_num_queries):
    with django_assert_num_queries(1):  # the stops that are not over
        assert service.stops(now=NOW) == WINDOW


def test_it_goes_on_at_once_while_there_is_more(made, monkeypatch):
    monkeypatch.setattr("jobs.transitions.stops.AT_A_TIME", 1)
    for _ in range(2):
        Job.objects.create(target="demo.noop", payload={}, run_at=NOW - seconds(1))
    made(0, per_minute=100_000)
    assert service.stops(now=NOW) == 0.0


def test_the_end_of_a_stop_is_not_waited_for_by_the_second(monkeypatch):
    at = [100.0]
    monkeypatch.setattr(sweeper_module, "steady", lambda: at[0])
    one = Sweeper(Dispatcher("beat@test"), lambda: True)
    (exact,) = [service for service in one.services if service.name == "stops"]
    assert exact.exact
    for other in one.services:  # operations are looked at when they want to be, too
        other.due = 1000.0
    for due, pause in ((100.25, 0.25), (130.0, LOOK_EVERY), (99.0, SHORTEST_PAUSE)):
        exact.due = due
        assert one._pause() == pause
