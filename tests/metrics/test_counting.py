"""What a process counts of its events."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families as parsed

from jobs.events.attempts import AttemptAcquired, AttemptCompleted, AttemptFailed, AttemptInterrupted
from jobs.events.publishing import JobsListed, JobsPublished, WindowPublished
from jobs.events.scheduler import LeadershipBegun, LeadershipEnded
from jobs.events.transitions import AcquireMissed
from jobs.events.worker.arm import JobHandedOff
from jobs.events.worker.process import JobsRefused, JobsTaken
from jobs.metrics.bounds import MOST, kept
from jobs.metrics.counting import COUNTED, Counting
from jobs.metrics.table import BY_NAME, OF_PROCESSES, Giver, Kind


def said(counting):
    """The samples, by name and the values of their labels in the order of the table."""
    found = {}
    for family in parsed(generate_latest(counting.registry).decode()):
        for one in family.samples:
            metric = BY_NAME.get(one.name) or BY_NAME[family.name]
            labels = [*metric.labels, *(["le"] if one.name.endswith("_bucket") else [])]
            found[one.name, *(one.labels[label] for label in labels)] = one.value
    return found


@pytest.fixture
def worker():
    return Counting(Giver.WORKER)


@pytest.fixture
def beat():
    return Counting(Giver.BEAT)


def test_each_gives_what_the_table_says_of_it(worker, beat):
    for counting, giver in ((worker, Giver.WORKER), (beat, Giver.BEAT)):
        families = {family.name for family in parsed(generate_latest(counting.registry).decode())}
        wanted = {one for one in OF_PROCESSES if one.giver in (giver, Giver.BOTH)}
        assert families == {one.name.removesuffix("_total") for one in wanted}


def test_every_counter_is_counted_by_something(worker, beat):
    by_hand = {
        "runat_started_total",
        "runat_ended_total",
        "runat_refusals_total",
        "runat_list_queries_total",
        "runat_listed_total",
        "runat_windows_late_total",
        "runat_leaderships_total",
    }
    counters = {one.name for one in OF_PROCESSES if one.kind is Kind.COUNTER}
    assert {name for name, _ in COUNTED.values()} | by_hand == counters


def test_a_start_and_its_end(worker):
    worker.hear(AttemptAcquired(7, 1, "demo.noop", "w1", "pay"))
    worker.hear(AttemptCompleted(7, 1, "demo.noop", 0.0004, 3.0, queue="pay"))
    worker.hear(AttemptFailed(8, 1, "demo.noop", 0.2, 0.05, "no", queue="pay"))
    worker.hear(AttemptInterrupted(9, 1, "demo.noop", None, None, queue="pay"))
    found, pair = said(worker), ("pay", "demo.noop")
    assert found["runat_started_total", *pair] == 1
    outcomes = ("completed", "failed", "interrupted")
    assert [found["runat_ended_total", *pair, outcome] for outcome in outcomes] == [1, 1, 1]
    assert found["runat_start_delay_seconds_count", *pair] == 2
    assert found["runat_start_delay_seconds_sum", *pair] == pytest.approx(0.2004)
    assert found["runat_start_delay_seconds_bucket", *pair, "0.0005"] == 1
    assert found["runat_duration_seconds_sum", *pair] == pytest.approx(3.05)


def test_pairs_beyond_the_bound_are_one(worker):
    for number in range(MOST + 20):
        worker.hear(AttemptAcquired(number, 1, f"t{number}", "w1", "q"))
    found = {key[1:]: value for key, value in said(worker).items() if key[0] == "runat_started_total"}
    assert len(found) == MOST + 1
    assert found["other", "other"] == 20


def test_what_else_a_worker_counts(worker):
    for event in (JobHandedOff(1, 1), JobHandedOff(2, 1), AcquireMissed(3), JobsRefused("full")):
        worker.hear(event)
    found = said(worker)
    assert found["runat_handed_off_total",] == 2
    assert found["runat_acquire_failures_total",] == 3
    assert (found["runat_refusals_total",], found["runat_refusing",]) == (1, 1)
    worker.hear(JobsTaken())
    assert said(worker)["runat_refusing",] == 0


def test_what_a_beat_counts(beat):
    for event in (
        LeadershipBegun("beat", 1),
        JobsListed(5, datetime.now(UTC)),
        JobsPublished(4),
        WindowPublished(0.02, is_late=False),
        WindowPublished(7.0, is_late=True),
        AttemptInterrupted(9, 1, "demo.noop", None, None, queue="pay"),
    ):
        beat.hear(event)
    found = said(beat)
    assert (found["runat_list_queries_total",], found["runat_listed_total",]) == (1, 5)
    assert found["runat_published_total",] == 4
    assert found["runat_window_published_seconds_count",] == 2
    assert (found["runat_windows_late_total",], found["runat_leading",]) == (1, 1)
    assert found["runat_ended_total", "pay", "demo.noop", "interrupted"] == 1
    beat.hear(LeadershipEnded("beat", 1))
    assert said(beat)["runat_leading",] == 0


def test_a_figure_is_read_at_each_scrape(worker):
    figures = iter([3.0, 4.0])
    worker.read("runat_process_slots", lambda: next(figures))
    assert [said(worker)["runat_process_slots",] for _ in range(2)] == [3.0, 4.0]


def test_labels_are_bounded():
    assert kept(str(number % 70) for number in range(1000)) == {str(number) for number in range(MOST)}
