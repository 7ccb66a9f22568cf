import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from django.core.management import CommandError, call_command

from launcher.home import CHECKOUT
from launcher.services import Services, throwaway
from verification.benchmark import options
from verification.benchmark.burst import options as burst
from verification.benchmark.limits.disturbed import PARTS
from verification.benchmark.steady import options as steady
from verification.benchmark.throughput import options as throughput


@pytest.mark.parametrize(
    ("nonsense", "says"),
    [
        ({"duration": 0}, "--duration is 0; it must be from 5 to 86400 seconds."),
        ({"duration": float("nan")}, "--duration is nan; it must be from 5 to 86400 seconds."),
        ({"instances": 0}, "--instances is 0; it must be from 1 to 100 workers."),
        ({"slots": -1}, "--slots is -1; it must be from 1 to 1000 slots a worker."),
        ({"beats": 0}, "--beats is 0; it must be from 1 to 20 beats."),
        ({"pool": "gevent"}, "--pool: there is no pool 'gevent'; choose threads or prefork."),
        ({"idle": -1}, "--idle is -1; it must be from 0 to 86400 seconds."),
        (
            {"jobs": 10},
            "--jobs means nothing without --throughput or --burst or --drain or --scale-out or --create or "
            "--operations.",
        ),
        ({"throughput": True, "seed": 1}, "--seed means nothing with --throughput."),
        ({"throughput": True, "jobs": 0}, "--jobs is 0; it must be from 10 to 1e+06 jobs."),
        ({"burst": True, "idle": 0.0}, "--idle means nothing with --burst."),
        ({"burst": True, "slots": 0}, "--slots is 0; it must be from 1 to 1000 slots a worker."),
        ({"rate": 5.0}, "--rate means nothing without --steady or --profile or --limits or --schedules."),
        ({"burst": True, "hold": 5}, "--hold means nothing with --burst."),
        ({"steady": True, "jobs": 5}, "--jobs means nothing with --steady."),
        ({"steady": True, "rate": 0.5}, "--rate is 0.5; it must be from 1 to 4000 jobs a second."),
        ({"steady": True, "hold": -1}, "--hold is -1; it must be from 0 to 100000 jobs."),
        ({"steady": True, "duration": 1}, "--duration is 1; it must be from 3 to 86400 seconds."),
        (
            {"steady": True, "rate": 2000.0, "duration": 600.0},
            "--rate 2000 for --duration 600 are 1,200,000 jobs; ask for 1,000,000 at most.",
        ),
        ({"waiting": 5}, "--waiting means nothing without --limits."),
        ({"limits": True, "hold": 5}, "--hold means nothing with --limits."),
        ({"limits": True, "resume": 0}, "--resume is 0; it must be from 1 to 1e+06 jobs."),
        ({"limits": True, "rate": 500.0}, "--rate is 500; it must be from 1 to 200 jobs a second of each kind."),
        ({"total": 5}, "--total means nothing without --schedules."),
        ({"schedules": True, "hold": 5}, "--hold means nothing with --schedules."),
        ({"schedules": True, "periodic": -1}, "--periodic is -1; it must be from 0 to 1e+06 tasks."),
        (
            {"schedules": True, "total": 100, "rate": 20.0, "duration": 10.0},
            "100 schedules are each due more than once in 10 s at 20 a second; give --total 200 or more.",
        ),
        ({"json": "/no/such/folder/x.json"}, "--json: /no/such/folder/x.json cannot be written"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(nonsense, says):
    with pytest.raises(CommandError, match=r"^[^\n]+\.$") as refused:
        call_command("benchmark", **nonsense)
    assert str(refused.value).startswith(says)


def test_what_is_not_a_number_is_refused():
    with pytest.raises(CommandError, match="invalid float value: 'soon'"):
        call_command("benchmark", "--duration", "soon")


def test_defaults():
    def checked(**more):
        return options.checked({**dict.fromkeys(options.ARGUMENTS), "ha": False, **more})

    plain = checked()
    assert (plain.duration, plain.instances, plain.slots, plain.beats, plain.idle) == (60, 5, 5, 1, 0)
    assert checked(ha=True).beats == 3
    assert checked(ha=True, beats=2).beats == 2
    assert checked(seed=5).seed == 5
    assert len({checked().seed for _ in range(20)}) > 1
    backlog, many = throughput.checked({}), burst.checked({"slots": 10})
    assert (backlog.jobs, backlog.instances, backlog.slots) == (10_000, 2, 100)
    assert (many.jobs, many.instances, many.slots) == (1000, 5, 10)
    load, window = steady.checked({}), steady.checked({"rate": 2000.0, "duration": 10.0})
    assert (load.rate, load.duration, load.instances, load.slots, load.hold) == (500, 60, 2, 20, 0)
    assert (load.jobs, window.jobs) == (30_000, 20_000)


MANAGE = [sys.executable, str(CHECKOUT / "manage.py"), "benchmark"]


@pytest.mark.processes
@pytest.mark.launcher
def test_a_short_round_on_real_processes_qualifies(tmp_path: Path):
    """Started as by hand: with no services named, the command brings its own."""
    file = tmp_path / "figures.json"
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BROKER_URL")}
    environment["TMPDIR"] = str(tmp_path)
    asked = ["--duration", "15", "--instances", "2", "--slots", "5", "--seed", "11", "--json", str(file)]
    done = subprocess.run(
        [*MANAGE, *asked], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0].endswith(f"--seed 11, logs in {json.loads(file.read_text())['logs']}")
    assert "QUALIFIED" in done.stdout.splitlines()[2]
    found = json.loads(file.read_text())
    assert found["qualified"]
    assert found["flaws"] == found["problems"] == []
    assert found["jobs"]["created"] == found["jobs"]["completed"] > 25
    assert found["start_delay_ms"]["burst"]["jobs"] == 20
    assert found["start_delay_ms"]["all"]["low"] >= 0
    assert found["cost"]["acquire_failures"] == 0
    assert found["cost"]["above_floor"] == 0
    assert found["scores"]["cost"] == 100 * found["cost"]["windows"]
    assert found["statements"]["lists"]["list_queries"] == found["statements"]["lists"]["logged_list_queries"]
    assert found["cpu_s_per_1000_jobs"].keys() == {"worker", "beat", "benchmark"}
    assert found["options"]["seed"] == 11


@pytest.mark.processes
@pytest.mark.launcher
@pytest.mark.parametrize(
    ("asked", "jobs"),
    [
        (["--throughput", "--jobs", "300", "--slots", "20"], 300),
        (["--burst", "--jobs", "50", "--instances", "2", "--slots", "10"], 50),
    ],
)
def test_the_other_benchmarks_on_real_processes(tmp_path: Path, asked, jobs):
    file = tmp_path / "figures.json"
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BROKER_URL")}
    environment |= {"TMPDIR": str(tmp_path), "JOBS_MIN_PREPARE_TIME": "3"}
    done = subprocess.run(
        [*MANAGE, *asked, "--json", str(file)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "each started once and completed" in done.stdout
    found = json.loads(file.read_text())
    assert found["passed"]
    assert found["flaws"] == found["problems"] == []
    assert found["facts"]["jobs"] == found["facts"]["completed"] == found["facts"]["starts"] == jobs
    assert found["facts"]["acquire_failures"] == 0
    if "--throughput" in asked:
        assert found["ratio"] > 0
        assert found["statements_per_job"] > 0
    else:
        assert (found["big"]["first"]["jobs"], found["big"]["rest"]["jobs"]) == (20, 30)
        assert [one["first"]["jobs"] for one in found["exact"]] == [10] * 5
        assert found["big"]["first"]["low"] >= 0


@pytest.mark.processes
@pytest.mark.launcher
def test_the_benchmark_of_limits_on_real_processes(tmp_path: Path):
    """Small: what is slow fails nothing, what is lost, doubled or deadlocked does."""
    file = tmp_path / "figures.json"
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BROKER_URL")}
    environment |= {"TMPDIR": str(tmp_path), "JOBS_MIN_PREPARE_TIME": "3"}
    asked = ["--limits", "--waiting", "500", "--resume", "500", "--duration", "3", "--json", str(file)]
    done = subprocess.run(
        [*MANAGE, *asked], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(file.read_text())
    assert found["flaws"] == found["problems"] == []
    assert {cost["waiting"] for cost in found["costs_ms"]} == {0, 1, 5, 500}
    assert all(cost["turn"] > 0 for cost in found["costs_ms"] if cost["kind"] in ("queue", "key"))
    outcome = found["outcome"]
    assert [part["name"] for part in outcome["parts"]] == list(PARTS)
    for part in outcome["parts"]:
        assert [part["delays"][kind]["jobs"] for kind in ("plain", "limited", "keyed")] == [60, 60, 60]
        assert part["signs"]["jobs"] > 0
    assert (outcome["leaders"], outcome["deadlocks"]) == (1, 0)
    assert outcome["moved"] > 0


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """Servers for several rounds: the first makes the tables."""
    with throwaway() as services:
        yield services


@pytest.mark.processes
@pytest.mark.launcher
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])  # which leaves jobs: the last
def test_its_processes_end_with_it(tmp_path: Path, services: Services, number: signal.Signals):
    environment = {**os.environ, **services.environment(), "TMPDIR": str(tmp_path)}
    log = (tmp_path / "log").open("wb")
    command = subprocess.Popen(
        [*MANAGE, "--duration", "60", "--instances", "1", "--migrate"], env=environment, stdout=log, stderr=log
    )
    try:
        children = started_children(command)
        command.send_signal(number)
        assert command.wait(timeout=60) == (-9 if number == signal.SIGKILL else 128 + number)
        _, alive = psutil.wait_procs(children, timeout=60)
        assert not alive
    finally:
        command.kill()
        command.wait()
        log.close()
    if number != signal.SIGKILL:
        with psycopg.connect(services.database_url) as database:
            (pending,) = database.execute("SELECT count(*) FROM jobs_job WHERE state IN (0, 1)").fetchone()
        assert pending == 0


def started_children(command: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """The beat and the worker, once Celery has been loaded into them."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert command.poll() is None, "it ended by itself"
        children = psutil.Process(command.pid).children()
        if len(children) == 2 and all("celery" in " ".join(child.cmdline()) for child in children):
            time.sleep(5)  # into the load
            return children
        time.sleep(0.1)
    raise AssertionError("the processes did not start")
