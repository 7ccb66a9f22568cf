"""The plan of a round comes from its seed alone."""

import itertools

import pytest

from jobs import failpoints
from verification.drill.evidence import Allowance
from verification.drill.faults import FAULTS, Injection, Setting
from verification.drill.gather import allowances
from verification.drill.plan import PLANS, injections, of_faults

SETTING = Setting(duration=28, window=5, patience=4, workers=("drill1", "drill2", "drill3"), beats=("beat1", "beat2"))


@pytest.mark.parametrize("name", PLANS)
def test_a_seed_gives_the_same_plan_again(name):
    first = injections(PLANS[name], 7, SETTING)
    assert first == injections(PLANS[name], 7, SETTING)
    assert first == sorted(first)
    assert {injection.fault for injection in first} <= set(PLANS[name].faults)


@pytest.mark.parametrize("name", ["ha", "kill", "failpoints", "mixed"])
def test_another_seed_gives_another(name):
    assert injections(PLANS[name], 7, SETTING) != injections(PLANS[name], 8, SETTING)


def test_every_fault_belongs_to_a_plan_and_says_what_it_does():
    assert {fault for plan in PLANS.values() for fault in plan.faults} == set(FAULTS)
    assert all(fault.what for fault in FAULTS.values())


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_can_be_had_alone(name):
    planned = injections(of_faults([name]), 7, SETTING)
    assert {injection.fault for injection in planned} == {name}
    assert all(FAULTS[name].budget(injection) >= 0 for injection in planned)


def test_each_failpoint_is_armed():
    assert {injection.detail for injection in injections(PLANS["failpoints"], 7, SETTING)} == set(failpoints.NAMES)


def test_the_leader_is_hit_every_45_seconds_in_turn():
    long = Setting(duration=300, window=10, patience=20, workers=("drill1",))
    planned = injections(PLANS["leader"], 7, long)
    assert [injection.at for injection in planned] == [22.5, 67.5, 112.5, 157.5, 202.5, 247.5, 292.5]
    assert [injection.fault for injection in planned[:3]] == ["leader-kill", "leader-stop", "leader-kill"]
    assert all(10 <= injection.lasts <= 15 for injection in planned if injection.fault == "leader-stop")


def test_a_stopped_worker_is_declared_gone_before_it_wakes():
    for injection in injections(of_faults(["worker-stop"]), 7, SETTING):
        assert injection.lasts > SETTING.patience + SETTING.window


def test_each_kind_of_wrong_clock_is_there_until_the_last_job_and_no_two_beats_change_theirs_at_once():
    planned = injections(of_faults(["clock-wrong"]), 7, SETTING)
    wrong = {kind: {s.detail for s in planned if s.member.startswith(kind)} for kind in ("drill", "beat")}
    assert wrong == {"drill": {"+60", "-60", "+0 +30"}, "beat": {"+60", "-60"}}
    assert len({injection.member for injection in planned}) == len(planned)
    assert all(
        injection.at < SETTING.window and injection.at + injection.lasts >= SETTING.duration for injection in planned
    )
    beats = [injection for injection in planned if injection.member.startswith("beat")]
    for when in ([injection.at for injection in beats], [injection.at + injection.lasts for injection in beats]):
        assert all(later - earlier >= 4 for earlier, later in itertools.pairwise(sorted(when)))


@pytest.mark.parametrize("duration", [49, 100, 300])
def test_what_is_done_to_a_server_for_a_while_is_over_before_the_next(duration):
    setting = Setting(duration=duration, window=5, patience=4, workers=("drill1",))
    for servers in (
        {"broker-restart", "broker-slow", "broker-hole", "broker-down"},
        {"database-hole", "database-read-only", "database-down", "database-slow"},
    ):
        planned = injections(of_faults(sorted(servers)), 7, setting)
        assert {injection.fault for injection in planned} == servers
        assert all(one.at + one.lasts < other.at for one, other in itertools.pairwise(planned))


def test_what_takes_a_server_away_declares_it():
    long = Setting(duration=300, window=5, patience=4, workers=("drill1",))
    for name in ("broker-down", "broker-hole", "broker-slow", "database-down", "database-hole"):
        for injection in injections(of_faults([name]), 7, long):
            assert 10 <= injection.lasts <= FAULTS[name].budget(injection) <= 35


def test_a_slow_database_makes_nothing_later_than_promised():
    for injection in injections(of_faults(["database-slow"]), 7, SETTING):
        assert injection.lasts == pytest.approx(0.12 * 28)
        assert FAULTS["database-slow"].budget(injection) == 0


def test_a_database_that_is_not_ours_is_not_restarted():
    foreign = Setting(duration=28, window=5, patience=4, workers=("drill1",), own_database=False)
    assert {injection.fault for injection in injections(PLANS["database"], 7, foreign)} == {"connections-cut"}


def test_an_allowance_is_around_a_fault_as_it_was_and_not_as_it_was_planned():
    (injection,) = injections(of_faults(["database-down"]), 7, SETTING)
    (found,) = allowances({injection: (1000.0, 1030.0)}, window=5)
    assert found == Allowance("database-down", 995.0, 1035.0, extra=35.0, away=(1000.0, 1035.0))
    assert not allowances({}, window=5)  # what was planned and never done
    assert not allowances({Injection(0.0, "connections-cut"): (1000.0, 1000.1)}, window=5)
