"""What is wrong comes first, with what to do; and what is not wrong is not said."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from jobs import transitions, zones
from jobs.models import Stop, Worker
from jobs.models.limit import Kind
from jobs.monitor import broker, snapshot
from jobs.monitor.verdict import judge
from jobs.monitor.words import listed
from jobs.scheduler.leader import Leader
from jobs.states import Hold, State
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from tests.monitor.rows import ended, leader, pending, running, worker

pytestmark = pytest.mark.django_db


def verdict(at):
    return judge(snapshot.take(at, broker.client.depths))


def problem(at, words):
    found = [p for p in verdict(at).problems if words in p.what]
    assert len(found) == 1, verdict(at)
    return found[0]


@pytest.fixture
def healthy(at):
    worker(at)
    leader(at)
    return at


def test_all_well(healthy):
    assert verdict(healthy).level == "good"
    assert verdict(healthy).headline == "All well: 1 worker with 5 slots, and nothing is due."


def test_nobody_leads(healthy):
    leader(healthy, listed=timedelta(seconds=21))
    found = problem(healthy, "No beat is leading: no job will be published.")
    assert (found.level, found.command) == ("bad", "celery -A project beat")


def test_two_windows_without_a_list_query_are_still_patience(healthy):
    leader(healthy, listed=timedelta(seconds=19))
    assert verdict(healthy).level == "good"


def test_a_beat_that_lists_nothing_while_the_broker_is_away_leads(healthy, broker_answers):
    one = Leader("beat@host:1")
    assert one.lead(healthy)
    leader(healthy, listed=timedelta(minutes=5), published_at=None)
    broker_answers["reachable"] = False
    whats = [p.what for p in verdict(healthy).problems]
    one.step_down()
    assert len(whats) == 2
    assert "broker does not answer" in whats[0]
    assert "not all published yet" in whats[1]


def test_the_broker_is_away(healthy, broker_answers):
    broker_answers["reachable"] = False
    assert "BROKER_URL" in problem(healthy, "The broker does not answer").remedy


def test_no_worker_is_alive(healthy):
    Worker.objects.update(stopped_at=healthy)
    assert "worker" in problem(healthy, "No worker is alive: no job will start.").command


def test_a_stopped_worker_is_no_problem_while_another_lives(healthy):
    worker(healthy, "w2@host", stopped_at=healthy)
    assert verdict(healthy).level == "good"


def test_a_silent_worker_is_named(healthy):
    worker(healthy, "w2@host", silent=timedelta(seconds=12))
    assert problem(healthy, "Worker w2@host missed a heartbeat.").level == "warn"


def test_a_vanished_worker_is_named(healthy):
    worker(healthy, "w2@host", silent=timedelta(seconds=40))
    assert "interrupted" in problem(healthy, "Worker w2@host vanished").remedy


def test_a_queue_that_nobody_takes_from(healthy):
    pending(healthy + timedelta(minutes=1), queue="mail")
    found = problem(healthy, "No worker takes from queue mail")
    assert (found.level, found.command) == ("warn", "celery -A project worker -P threads -c 5 -n mail@%h -Q mail")
    pending(healthy - timedelta(minutes=1), queue="mail")
    assert problem(healthy, "No worker takes from queue mail").level == "bad"


def test_overdue_jobs_are_bad_and_the_reason_is_found(healthy):
    pending(healthy - timedelta(seconds=5))
    assert problem(healthy, "1 job is overdue.").level == "bad"
    assert "published again" in problem(healthy, "overdue").remedy
    session = Worker.objects.get().session
    for _ in range(5):
        running(healthy, session=session)
    assert "All 5 slots are busy" in problem(healthy, "overdue").remedy


def test_a_window_that_cannot_be_published(healthy):
    leader(healthy, listed=timedelta(seconds=8), published_at=None)
    assert problem(healthy, "The last window's 4 jobs are not all published yet.").level == "warn"


def test_what_failed_in_the_last_hour(healthy):
    for age in (1, 2, 70):
        ended(healthy - timedelta(minutes=age), State.FAILED)
    assert problem(healthy, "2 jobs have failed").level == "warn"


def test_interrupted_jobs_are_named_however_old_until_they_are_decided(healthy):
    jobs = [ended(healthy - timedelta(days=age), State.INTERRUPTED, name=f"n{age}") for age in (1, 2, 30)]
    found = problem(healthy, "3 jobs were interrupted and wait for a decision")
    assert found.level == "warn"
    assert found.what.endswith(f"{jobs[0].pk} (n1), {jobs[1].pk} (n2), {jobs[2].pk} (n30).")
    assert "confirm failed or retry on its page, with the reason" in found.remedy
    for job in jobs:
        transitions.confirm_done(job.pk, now=healthy, reason="seen")
    assert verdict(healthy).level == "good"


def test_a_paused_queue_is_named_with_who_and_why(healthy, django_user_model):
    ada = django_user_model.objects.create_user("ada")
    pausing.pause(Name(Kind.QUEUE, "payroll"), now=healthy, reason="a new kernel", by=ada)
    assert problem(healthy, "Queue 'payroll' is paused by ada: a new kernel").level == "warn"
    for name in ("b", "c", "d", "e"):
        pausing.pause(Name(Kind.KEY, name), now=healthy, reason="", by=None)
    assert [p.what for p in verdict(healthy).problems] == [
        "Key 'b' is paused.",
        "Key 'c' is paused.",
        "Key 'd' is paused.",
        "2 more queues or keys are paused.",
    ]


def test_what_is_held_for_a_person_because_it_is_late(healthy):
    pending(healthy + timedelta(seconds=5), holds=Hold.APPROVAL)
    assert verdict(healthy).level == "good", "it may be approved in time"
    for _ in range(2):
        pending(healthy - timedelta(seconds=5), holds=Hold.PERSON | Hold.KEY)
    assert problem(healthy, "2 jobs are later than wanted, and held.").level == "warn"


def test_one_that_runs_beyond_its_deadline(healthy):
    session = Worker.objects.get().session
    one = running(healthy, session=session, deadline=1, name="slow")
    assert verdict(healthy).level == "good"
    found = judge(snapshot.take(healthy + timedelta(seconds=2), broker.client.depths))
    assert f"Job {one.pk} (slow) runs beyond its deadline." in [p.what for p in found.problems]


@pytest.mark.parametrize("count", [4, 12])
def test_of_many_interrupted_jobs_three_are_named(healthy, count):
    for age in range(count):
        ended(healthy - timedelta(minutes=age), State.INTERRUPTED)
    assert f" and {count - 3} more." in problem(healthy, f"{count} jobs were interrupted").what


def test_one_beyond_counting_is_said_so():
    assert listed(["a", "b", "c", "d"], 10_001) == "a, b, c and over 9,997 more"


def test_clocks_that_are_off(healthy):
    worker(healthy, "w2@host", offset_ms=900)
    Worker.objects.update(offset_ms=900)
    assert problem(healthy, "The clocks of workers w1@host, w2@host are off.").level == "warn"


def test_processes_that_know_different_time_zones(healthy):
    Worker.objects.update(zones=zones.RELEASE)
    leader(healthy, zones=zones.RELEASE)
    assert not [p for p in verdict(healthy).problems if "time zones" in p.what]
    worker(healthy, "w2@host", zones="2025b")
    leader(healthy, zones="2025b")
    found = problem(healthy, f"different releases of the time zones: web, w1@host {zones.RELEASE}; beat, w2@host 2025b")
    assert "tzdata" in found.remedy


def test_of_many_queues_without_a_worker_three_are_named(healthy):
    for n in range(5):
        pending(healthy + timedelta(minutes=1), queue=f"q{n}")
    found = problem(healthy, "No worker takes from queues q0, q1, q2 and 2 more, where jobs wait.")
    assert found.command.endswith(" -Q q0,q1,q2,q3,q4")


def test_a_clock_that_is_off(healthy):
    Worker.objects.update(offset_ms=-900)
    assert "NTP" in problem(healthy, "The clock of worker w1@host is off.").remedy


def test_a_job_later_than_promised(healthy):
    ended(healthy, delay=timedelta(seconds=31))
    assert problem(healthy, "started more than 30 s late").level == "warn"


def test_the_worst_comes_first_and_the_rest_is_counted(healthy):
    ended(healthy, State.FAILED)
    pending(healthy - timedelta(seconds=5))
    found = verdict(healthy)
    assert found.level == "bad"
    assert found.headline == "1 job is overdue. And 1 more:"


def test_sentences_do_not_tick(healthy):
    """They are read aloud when they change, so the mere passing of time must not change them."""
    pending(healthy - timedelta(seconds=5))
    worker(healthy, "w2@host", silent=timedelta(seconds=12))
    said = [verdict(healthy + timedelta(seconds=n)) for n in range(3)]
    assert all(a == b for a, b in itertools.pairwise(said))


@pytest.mark.parametrize(
    ("span", "level", "what", "remedy"),
    [
        ((-60, None), "bad", "Everything is stopped since 20", "Go on under Stop everything"),
        ((-60, 60), "bad", "UTC: the disks move.", "What comes due waits."),
        ((60, 120), "warn", "Everything will be stopped from", "What comes due then waits."),
        ((-60, -1), "warn", "Everything was stopped: the disks move.", "starts now, 60 a minute."),
    ],
)
def test_a_stop_of_everything_is_said_first(healthy, span, level, what, remedy):
    begins, until = span
    Stop.objects.create(
        begins_at=healthy + timedelta(seconds=begins),
        until=None if until is None else healthy + timedelta(seconds=until),
        reason="the disks move.",
        per_minute=60,
        created_at=healthy,
    )
    found = problem(healthy, what)
    assert found.level == level
    assert remedy in found.remedy


def test_a_stop_that_is_planned_for_later_is_no_problem_yet(healthy):
    Stop.objects.create(begins_at=healthy + timedelta(hours=2), until=None, reason="x", created_at=healthy)
    assert verdict(healthy).level == "good"


def test_what_is_overdue_by_a_stop_starts_when_that_is_over(healthy):
    Stop.objects.create(begins_at=healthy - timedelta(minutes=5), until=None, reason="x", created_at=healthy)
    pending(healthy - timedelta(minutes=1))
    assert problem(healthy, "1 job is overdue.").remedy == "They start when everything goes on."
