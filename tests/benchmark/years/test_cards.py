"""What the benchmarks of an old, a busy and an upgraded installation say of made-up figures."""

import io
import json

import pytest
from rich.console import Console

from verification.benchmark.machine import Machine
from verification.benchmark.options import OptionError
from verification.benchmark.soak import card as soak_card
from verification.benchmark.soak import options as soak_options
from verification.benchmark.soak import run as soak
from verification.benchmark.soak.storage import TABLES, Storage, Stored
from verification.benchmark.upgrade import card as upgrade_card
from verification.benchmark.upgrade import options as upgrade_options
from verification.benchmark.upgrade import run as upgrade
from verification.benchmark.upgrade.traffic import Wait
from verification.benchmark.years import card as years_card
from verification.benchmark.years import options as years_options
from verification.benchmark.years import run as years
from verification.benchmark.years.timing import Timing, Took

HERE = Machine(2, 0.5, "3.11", "5.7", "18.6", "Valkey 9.1")


def text_of(card, result):
    console = Console(width=140, file=io.StringIO())
    card.show(result, console)
    json.dumps(result.as_json(), default=str)
    return " ".join(console.file.getvalue().split())


def took(*milliseconds):
    return Took(list(milliseconds), list(milliseconds))


def test_what_takes_more_than_half_as_long_again_is_named():
    few = {"flat": took(9, 9, 4), "slow": took(9, 9, 4), "small": took(0.1)}
    most = {"flat": took(9, 9, 5.5), "slow": took(9, 9, 40), "small": took(0.9)}
    result = years.Result(years_options.checked({}), HERE, {100: few, 5_000: most}, {5_000: {"jobs_job": 7_000_000}})
    assert result.grown == ["slow"]  # below a millisecond a ratio says nothing
    text = text_of(years_card, result)
    for said in ("1 of 3 questions", "slow: 10.0 times", "flat 4.00 4.00 5.50 5.50 1.38", "5,000 rows: jobs_job 7 MB"):
        assert said in text


def test_sizes_are_numbers_and_each_counts_once():
    assert years_options.checked({"rows": ["5000000", "100000", "100000"]}).rows == (100_000, 5_000_000)
    for wrong in ("many", "5"):
        with pytest.raises(OptionError):
            years_options.checked({"rows": [wrong]})
    assert upgrade_options.checked({"rows": ["1000"]}).rows == 1000
    with pytest.raises(OptionError):
        upgrade_options.checked({"rows": ["1000", "2000"]})
    with pytest.raises(OptionError):
        soak_options.checked({"soak": 5})


def test_waits_of_more_than_a_second_fail_an_upgrade():
    longest = {"reader": Wait(0, 0.2, "SELECT"), "writer": Wait(0, 0.9, "UPDATE jobs_job")}
    steps = [upgrade.Step("jobs.0031", 2.0, {"reader": 0.2, "writer": 0.9})]
    result = upgrade.Result(upgrade_options.checked({}), HERE, steps, {}, longest, {"writer: refused": 2}, gave_up=1)
    assert result.passed
    text = text_of(upgrade_card, result)
    for said in (
        "writer 0.90 s",
        "jobs.0031 2.00 0.200 0.900",
        "run again 1 times",
        "writer waited longest with: UPDATE jobs_job",
        "2 times writer: refused",
    ):
        assert said in text
    longest["writer"] = Wait(0, 1.1, "UPDATE")
    assert not result.passed


def test_the_soak_shows_each_third():
    def phase(name, milliseconds, dead):
        first, last = Timing.__new__(Timing), Timing.__new__(Timing)
        first.took, last.took = {"take": took(1.0)}, {"take": took(milliseconds)}
        stored = Storage([Stored(table, 10, dead, 4, 1, 2, 3_000_000) for table in TABLES], {"jobs_due": 2_500_000})
        return soak.Phase(name, 9.0, first, last, stored, stored if name == "held" else None)

    phases = [phase("before", 1, 0), phase("held", 50, 700), phase("after", 1.5, 1)]
    text = text_of(soak_card, soak.Result(soak_options.checked({"soak": 30_000}), HERE, phases))
    for said in (
        "take 1.00 - 1.00 1.00 - 50.00 1.00 - 1.50",
        "jobs_job: live / dead rows 10 / 0 10 / 700 10 / 700 10 / 1",
        "jobs_due, MB 2.5",
    ):
        assert said in text
