import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from rich.console import Console

from launcher.home import CHECKOUT
from verification.benchmark.drain import card, system
from verification.benchmark.drain.drained import Drained, medians
from verification.benchmark.drain.meter import Reading
from verification.benchmark.drain.options import BROKERS, NAMES, checked, scale_out
from verification.benchmark.drain.peer import entries
from verification.benchmark.drain.result import Result
from verification.benchmark.drain.system import Surroundings, System, watch
from verification.benchmark.machine import Machine
from verification.benchmark.peers.driver import Processes
from verification.benchmark.peers.environment import Unavailable, newest_for
from verification.benchmark.processes.member import Member


class Known(System):
    """A system whose drains are given."""

    def prepare(self):
        raise NotImplementedError

    def drain(self, jobs, number):
        raise NotImplementedError

    def remove(self):
        raise NotImplementedError


def drained(seconds, *, worker=1.0, wal=2_000_000, flaws=()):
    cpu = {"worker": worker, "postgresql": 0.5, "beat": 0.1}
    return Drained(
        1000, seconds, cpu, listed=seconds + 1, wal=wal, writes=50, statements=300, messages=10, flaws=list(flaws)
    )


def result(*systems):
    machine = Machine(cores=2, load=0.5, python="3.11", celery="5.7", postgresql="18.6", broker="Valkey 9")
    return Result(checked({}), machine, Path("/logs"), list(systems))


def ours(*drains, missing=""):
    return Known("runat_valkey", "RunAt", "two workers", "valkey", drains=list(drains), missing=missing)


def shown(what):
    text = io.StringIO()
    card.show(what, Console(file=text, width=110))
    return [" ".join(line.split()) for line in text.getvalue().splitlines()]


def at_once(seconds):
    """What a wait does here."""


def test_a_drain_that_does_not_end_says_what_is_left_and_what_was_warned_of_last(tmp_path, monkeypatch):
    monkeypatch.setattr(system, "STARTED_WITHIN", 0.0)
    log = tmp_path / "drain1.log"
    log.write_text("01-01 01:02 INFO jobs ended\n01-01 01:03 WARNING jobs.worker.record no connection left\nstops\n")
    cluster = Processes(tmp_path, [Member("drain1", "worker", [], log)])
    around = Surroundings("run", SimpleNamespace(wait=at_once), lambda what, passed, longest: None)
    with pytest.raises(Unavailable) as told:
        watch("draining", lambda: False, cluster, around, 0, left=lambda: "7 of 9 jobs are pending")
    assert str(told.value) == (
        "was not done within 0 s: 7 of 9 jobs are pending; '01-01 01:03 WARNING jobs.worker.record no connection left'; "
        f"its logs are in {tmp_path}"
    )


def test_the_medians_are_of_each_figure_by_itself():
    found = medians([drained(1.0, worker=3.0), drained(4.0, worker=1.0), drained(2.0, worker=2.0)])
    assert (found.per_second, found.low, found.high) == (500, 250, 1000)
    assert found.per_second_listed == pytest.approx(1000 / 3)
    assert found.cpu_us == {"worker": 2000, "postgresql": 500, "beat": 100}
    assert found.all_cpu_us == 2600
    assert (found.wal, found.writes) == (2000, 0.05)


def test_what_was_not_read_in_every_drain_has_no_median():
    found = medians([drained(1.0), Drained(1000, 2.0, {"worker": 1.0})])
    assert found.cpu_us.keys() == {"worker"}
    bare = medians([Drained(1000, 2.0, {})])
    assert (bare.wal, bare.writes, bare.per_second_listed) == (None, None, None)


def test_the_table_has_a_line_for_each_that_was_measured_and_a_reason_for_the_rest():
    bare = Known(
        "celery_eta_valkey", "Celery, no-op", "delay()", "valkey", drains=[Drained(1000, 0.5, {"worker": 0.2})]
    )
    absent = Known("pg_boss", "pg-boss", "batches", missing="needs Node.js")
    lines = shown(result(ours(drained(1.0)), bare, absent))
    assert "RunAt valkey 1,000 1.00 500 1,600 500 1,000 100 - 2,000 0.050 0.300 0.010" in lines, lines
    assert "Celery, no-op valkey 2,000 2.00 - 200 - 200 - - - - - -" in lines
    assert "NOT MEASURED: needs Node.js." in lines


def test_only_runat_can_fail_by_what_it_lost_or_did_not_do():
    peer = Known("pgqueuer", "PgQueuer", "", drains=[drained(1.0, flaws=["10 jobs: 9 bodies were entered."])])
    assert result(ours(drained(1.0)), peer).passed
    assert result(peer).passed
    assert not result(ours(drained(1.0), drained(1.0, flaws=["10 jobs: 9 completed."]))).passed
    assert not result(ours(drained(1.0), missing="drain1 ended by itself")).passed
    assert result(ours(drained(1.0)), peer).flaws == ["PgQueuer : 10 jobs: 9 bodies were entered."]


def test_what_a_job_of_ours_costs_more_than_it_may_fails():
    peer = Known("pgqueuer", "PgQueuer", "", drains=[drained(1.0, wal=9_000_000)])
    pinned = result(ours(drained(1.0, wal=2_500_000), drained(1.0), drained(1.0, wal=9_000_000)), peer)
    pinned.asked = checked({"most": ["wal=2500", "writes=0.05", "statements=0.3", "messages=0.01"]})
    assert (pinned.flaws, pinned.passed) == ([], True)
    pinned.asked = checked({"most": ["wal=2499", "messages=0.009"]})
    assert pinned.flaws == [
        "RunAt valkey: 2,500.000 wal a job; 2499 are allowed.",
        "RunAt valkey: 0.010 messages a job; 0.009 are allowed.",
    ]
    assert not pinned.passed


def test_json_has_each_drain_and_the_medians():
    found = json.loads(json.dumps(result(ours(drained(1.0), drained(2.0)), Known("x", "X", "")).as_json()))
    first, other = found["systems"]
    assert first["medians"]["per_second"] == 750
    assert [one["per_second"] for one in first["drains"]] == [1000, 500]
    assert first["drains"][0]["wal_bytes_per_job"] == 2000
    assert (other["medians"], other["drains"]) == (None, [])


def test_a_reading_tells_what_was_added_and_leaves_out_who_was_not_there_before():
    before, after = Reading({"worker": 1.0}, 100, 7, 1, 2), Reading({"worker": 3.0, "beat": 2.0}, 150, 9, 2, 4)
    assert after.since(before) == Reading({"worker": 2.0}, 50, 2, 1, 2)
    assert Reading({}).since(before) == Reading({})


def test_entries_of_all_processes_are_added_up(tmp_path: Path):
    assert entries(tmp_path) == (0, 0.0, 0.0)
    (tmp_path / "1.entries").write_text("5 100.5 101.5")
    (tmp_path / "2.entries").write_text("6 100.25 101.0")
    (tmp_path / "3.draft").write_text("7 1")
    assert entries(tmp_path) == (11, 100.25, 101.5)


def test_the_newest_release_that_this_node_runs_is_taken():
    lines = "boss@12.1 22.12\nboss@10.4.2 20\n"
    assert newest_for(lines, "v24.0.1\n") == "boss@12.1"
    assert newest_for(lines, "v22.12.0\n") == "boss@12.1"
    assert newest_for(lines, "v22.9.0\n") == "boss@10.4.2"
    assert newest_for(lines, "v18.20.0\n") is None


def test_all_are_drained_three_times_unless_it_is_said_otherwise():
    plain = checked({})
    assert (plain.jobs, plain.runs, plain.names, plain.brokers) == (20_000, 3, NAMES, ("valkey", "rabbitmq"))
    assert (plain.instances, plain.slots, plain.against) == ((2,), 100, None)
    some = checked({"only": ["pgqueuer", "runat"], "broker": ["rabbitmq"], "against": str(CHECKOUT), "runs": 1})
    assert (some.names, some.brokers, some.against) == (("runat", "pgqueuer"), ("rabbitmq",), CHECKOUT)


def test_it_scales_out_by_runat_alone():
    found = scale_out({"slots": 10})
    assert (found.names, found.instances, found.slots, found.brokers) == (("runat",), (1, 2, 4), 10, BROKERS)


@pytest.mark.parametrize(
    ("nonsense", "says"),
    [
        ({"drain": True, "jobs": 5}, "--jobs is 5; it must be from 100 to 1e+06 jobs."),
        ({"drain": True, "runs": 0}, "--runs is 0; it must be from 1 to 100 runs."),
        ({"drain": True, "only": ["cron"]}, f"--only: nobody is called 'cron'; choose from {', '.join(NAMES)}."),
        ({"drain": True, "broker": ["sqs"]}, "--broker: nobody is called 'sqs'; choose from valkey, rabbitmq."),
        (
            {"drain": True, "against": "/no/such/folder"},
            "--against: /no/such/folder is no checkout of RunAt; name a folder that has a manage.py.",
        ),
        (
            {"drain": True, "most": ["cpu=4"]},
            "--most: 'cpu=4' says nothing; give one of wal, writes, statements, messages, as in wal=3000.",
        ),
        ({"drain": True, "duration": 5.0}, "--duration means nothing with --drain."),
        ({"scale_out": True, "instances": 3}, "--instances means nothing with --scale-out."),
        ({"scale_out": True, "jobs": 5}, "--jobs is 5; it must be from 100 to 1e+06 jobs."),
        ({"runs": 2}, "--runs means nothing without --drain or --scale-out or --create or --years."),
    ],
)
@pytest.mark.django_db
def test_nonsense_is_refused_in_one_sentence(nonsense, says):
    with pytest.raises(CommandError) as refused:
        call_command("benchmark", **nonsense)
    assert str(refused.value) == says
