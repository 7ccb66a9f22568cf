"""Stops of everything and edits in a round: what the checker finds, and that it finds nothing where all is well."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs.states import State
from tests.drill.test_checker import DUE, at, good, kinds, line, lines, row, start
from verification.drill import changes
from verification.drill.checker import Kind
from verification.drill.evidence import Edition, Stopped
from verification.drill.ledger import END, ENTRY, Line, first_key
from verification.drill.load.editing import SOON
from verification.drill.load.stopping import AHEAD, LASTS, wanted


def stopped(begins, kept_from, until):
    return Stopped(*(at(one).timestamp() for one in (begins, kept_from, until)))


def test_what_starts_before_a_stop_is_answered_or_with_its_end_is_well():
    for stop in (stopped(-3, -2.7, 0), stopped(0, 0.3, 3)):
        assert kinds(good(stops=[stop])) == set()


def test_a_body_inside_a_stop_is_found_of_whatever_job():
    assert kinds(good(stops=[stopped(-3, -2.7, 0.5)])) == {Kind.STOPPED}
    unknown = good(stops=[stopped(-3, -2.7, 0.5)], ledger=[*lines(1), *lines(2), line(job_id=9)])
    assert kinds(unknown) == {Kind.STOPPED, Kind.DISAGREE}


def test_a_clock_that_is_off_by_so_much_explains_it():
    assert kinds(good(stops=[stopped(-3, -2.7, 0.01)], clock_error=0.02)) == set()


def test_one_that_was_given_up_before_is_its_worker_s_affair():
    gone = replace(row(2, State.INTERRUPTED), finished_at=at(-1))
    evidence = good(stops=[stopped(-3, -2.7, 0.5)], rows=[gone], ledger=[line(ENTRY, 2)])
    assert list(changes.inside(evidence)) == []
    assert list(changes.inside(replace(evidence, rows=[replace(gone, finished_at=at(1))])))


def test_what_is_due_around_a_stop_may_be_late_by_as_much():
    (allowed,) = changes.allowances([stopped(0, 0.3, 3)], 5)
    assert (allowed.begin, allowed.end) == (at(-5).timestamp(), at(3 + changes.LET_GO_WITHIN + 5).timestamp())
    assert allowed.extra == pytest.approx(3 + changes.LET_GO_WITHIN)


def edited(key="r-2-e2", run_at=DUE, queue="q"):
    return {2: Edition(key, run_at, queue)}


def with_edit(key="r-2-e2", edits=None):
    ran = [Line(what, key, 100, at(0.002).timestamp()) for what in (ENTRY, END)]
    rows = [row(1), replace(row(2), key="r-2-e2", queue="q", created_at=at(-1))]
    return good(rows=rows, starts=[start(1), start(2)], ledger=[*lines(1), *ran], edits=edits or edited())


def test_what_ran_as_it_was_edited_last_is_well():
    assert kinds(with_edit()) == set()


@pytest.mark.parametrize("key", ["r-2", "r-2-e1", "r-2-e3"])
def test_what_ran_as_it_was_before_is_found(key):
    assert Kind.STALE in kinds(with_edit(key))
    assert Kind.DISAGREE not in kinds(with_edit(key))


@pytest.mark.parametrize(
    "edits", [edited(key="r-2-e3"), edited(run_at=DUE + timedelta(seconds=1)), edited(queue="other")]
)
def test_an_edit_that_is_not_in_the_table_is_lost(edits):
    assert kinds(with_edit(edits=edits)) == {Kind.LOST}


def test_a_job_that_is_gone_is_told_once():
    evidence = with_edit()
    assert list(changes.undone(replace(evidence, rows=evidence.rows[:1]))) == []


def test_each_edit_gives_another_key_of_the_same_job():
    assert [first_key(key) for key in ("ab-1", "ab-1-e1", "ab-1-e12", "e1-2")] == ["ab-1", "ab-1", "ab-1", "e1-2"]
    assert timedelta(seconds=5) > SOON


def test_two_stops_a_round_at_moments_of_the_seed():
    since, duration = datetime(2030, 1, 1, tzinfo=UTC), timedelta(seconds=100)
    first, second = wanted(7, since, duration)
    assert wanted(7, since, duration) == [first, second] != wanted(8, since, duration)
    assert (first.ahead, second.ahead, bool(first.per_minute), second.per_minute) == (timedelta(), AHEAD, True, None)
    assert first.begins_at + LASTS < second.begins_at - AHEAD < since + duration
