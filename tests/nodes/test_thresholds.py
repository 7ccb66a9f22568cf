"""When a node is over its limits: by readings in a row, and by hand."""

from __future__ import annotations

import pytest

from jobs.conf import conf
from jobs.nodes.metrics import Reading
from jobs.nodes.thresholds import IN_A_ROW, Watch, limits

FULL, FINE, BETWEEN = Reading(memory=97.4), Reading(memory=85), Reading(memory=93)


@pytest.fixture
def watch(settings):
    settings.JOBS_NODE_MAX_MEMORY = 95.0
    watch = Watch(limits(conf()))
    watch.see(FINE)  # the first decides alone
    return watch


def see(watch, *readings):
    return [bool(watch.see(reading)) for reading in readings]


def test_three_in_a_row_over_a_limit_and_it_says_which(watch):
    assert see(watch, FULL, FULL, FULL) == [False, False, True]
    assert watch.over == "memory 97 % is over JOBS_NODE_MAX_MEMORY=95"


def test_a_spike_is_nothing(watch):
    assert not any(see(watch, *[FULL, FULL, FINE] * 3))


def test_a_lull_is_nothing_either_and_just_below_the_limit_is_not_well(watch):
    see(watch, *[FULL] * IN_A_ROW)
    assert all(see(watch, FINE, FINE, FULL, FINE, FINE, *[BETWEEN] * 5))
    assert see(watch, FINE, FINE, FINE) == [True, True, False]


def test_the_first_reading_decides_alone(settings):
    settings.JOBS_NODE_MAX_MEMORY = 95.0
    assert Watch(limits(conf())).see(FULL)


def test_what_is_not_known_is_not_over_a_limit(watch):
    assert not any(see(watch, *[Reading()] * 5))
    see(watch, *[FULL] * IN_A_ROW)
    assert see(watch, *[Reading()] * IN_A_ROW) == [True, True, False]


def test_each_limit_names_itself_and_only_those_that_are_set_count(settings):
    settings.JOBS_NODE_MAX_CPU, settings.JOBS_NODE_MAX_MEMORY, settings.JOBS_NODE_MAX_LOAD = 80.0, None, 1.5
    said = Watch(limits(conf())).see(Reading(cpu=99, memory=100, load=2.25))
    assert said == "cpu 99 % is over JOBS_NODE_MAX_CPU=80; load 2.25 a core is over JOBS_NODE_MAX_LOAD=1.5"


def test_one_is_well_only_when_all_are(settings):
    settings.JOBS_NODE_MAX_CPU = 80.0
    watch = Watch(limits(conf()))
    watch.see(Reading(cpu=99, memory=50))
    assert all(see(watch, *[Reading(cpu=10, memory=94)] * 5))
