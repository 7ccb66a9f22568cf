"""Verdict and ratios of the benchmark of schedules, of figures made by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from verification.benchmark import cost
from verification.benchmark.facts import Facts
from verification.benchmark.machine import Machine
from verification.benchmark.schedules import card
from verification.benchmark.schedules.beats import Beat
from verification.benchmark.schedules.beside import Beside, first_runs
from verification.benchmark.schedules.options import Asked
from verification.benchmark.schedules.result import Kind, Loaded, Result
from verification.benchmark.score import Spread

SINCE = datetime(2030, 1, 1, 12, tzinfo=UTC)
ASKED = Asked(total=100, periodic=10, rate=1.0, duration=9.0, instances=2, slots=20, json=None)


def spread(mean, stdev, p99):
    return Spread(jobs=9, mean=mean, stdev=stdev, low=0.1, p50=mean, p95=p99, p99=p99, high=p99)


def kind(delay, **facts):
    return Kind(9, replace(Facts(9, 9, 3, 9.0, 9, 9, 6, 0), **facts), delay, 0)


def costs(lists=1):
    where = cost.interval(SINCE, timedelta(seconds=9), 10)
    return cost.cost(
        where, window=10, listed=[where.start] * lists, list_queries_after=0, acquire_failures=0, job_queries=0
    )


LOAD = Loaded(
    runs=kind(spread(1.5, 0.9, 6.0)),
    plain=kind(spread(1.0, 1.0, 4.0)),
    due=9,
    missed=0,
    successors=100,
    cost=costs(),
    cpu=0.5,
    filled=3.0,
)


def result(load=LOAD, **changes):
    whole = Result(
        run="1a2b3c4d",
        options=ASKED,
        machine=Machine(cores=2, load=0.5, python="3.11", celery="5.7", postgresql="18.6", broker="Valkey 9"),
        logs=Path("logs"),
        load=load,
        beat=Beat(2.2, 105.0),
        bare=Beat(2.0, 100.0),
        beside=Beside(tasks=9, came=9, seconds=11.0, memory=84.0, cpu=3.0, delay=spread(12.0, 12.0, 60.0)),
    )
    return replace(whole, **changes)


def test_ratios_are_of_the_figures():
    assert result().ratios == {
        "mean + stdev, schedules to plain": pytest.approx(1.2),
        "p99, schedules to plain": pytest.approx(1.5),
        "start-up of a beat, with to without": pytest.approx(1.1),
        "memory of a beat, with to without": pytest.approx(1.05),
        "start-up, django-celery-beat to ours": pytest.approx(5.0),
        "memory, django-celery-beat to ours": pytest.approx(0.8),
        "CPU, django-celery-beat to ours": pytest.approx(6.0),
        "mean + stdev of the lateness, django-celery-beat to ours": pytest.approx(10.0),
        "p99 lateness, django-celery-beat to ours": pytest.approx(10.0),
    }


def test_without_django_celery_beat_there_are_no_ratios_to_it():
    ratios = result(beside=None).ratios
    assert {name: ratio is None for name, ratio in ratios.items()} == {
        name: "django-celery-beat" in name for name in ratios
    }


@pytest.mark.parametrize(
    ("load", "flaw"),
    [
        (
            replace(LOAD, due=10),
            "Runs of schedules: 10 jobs were created, 9 are in the table, 9 were started, 9 completed.",
        ),
        (replace(LOAD, plain=kind(None, starts=10)), "Plain jobs: 9 jobs were started 10 times."),
        (replace(LOAD, missed=2), "2 nominal times are written down as missed."),
        (replace(LOAD, successors=99), "99 of 100 schedules have their next run as a pending job."),
        (replace(LOAD, cost=costs(3)), "3 list queries in 1 windows; 2 are allowed."),
        (replace(LOAD, runs=replace(LOAD.runs, early=1)), "1 jobs were started before their time."),
    ],
)
def test_each_flaw_is_told(load, flaw):
    assert result().flaws == []
    assert result(load).flaws == [flaw]
    assert not result(load).passed


def test_the_card_tells_ratios_beside_their_goals():
    out = StringIO()
    card.show(result(), Console(file=out, width=120))
    text = out.getvalue()
    assert "100 schedules, 9 due in 9 s, and 9 plain jobs, on 2 workers x 20 slots: each started once" in text
    assert "Schedules to plain: 1.20 (goal 1.2), p99 1.50." in text
    assert "1 list queries in 1 windows" in text
    out.truncate(0)
    card.show(result(beside=None), Console(file=out, width=120))
    assert "django-celery-beat" not in out.getvalue()


def test_the_first_run_of_a_task_counts():
    assert first_runs(["ready", "run 3 17.5", "ticked", "run 4 18.25", "run 3 16.5", "run 3 19"]) == {3: 16.5, 4: 18.25}
