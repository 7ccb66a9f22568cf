import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from rich.console import Console

from jobs.states import State
from tests.benchmark.rows import MAX_DELAY, RUN_AT, W, row
from verification.benchmark import score
from verification.benchmark.machine import Machine
from verification.benchmark.peers import plan as plans
from verification.benchmark.peers import services, table
from verification.benchmark.peers.environment import Unavailable
from verification.benchmark.peers.options import checked
from verification.benchmark.peers.outcome import Outcome, System, punctuality
from verification.benchmark.peers.peer import BY_NAME, NAMES, OURS, PEERS
from verification.benchmark.peers.plan import Entry
from verification.benchmark.workload import BURST_SIZE, Series, planned

NS = 10**9
BEGIN = datetime(2030, 1, 1, 12, tzinfo=UTC)


def comparison(only=None, *, backlog=100, **given):
    return checked({"seed": 7, "only": only, "backlog": backlog, **given})


def stamp(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def scored(plan, lines):
    rows = plans.rows(plan, plans.stamps(lines))
    return punctuality(rows, created=len(plan), cost=0, idle=None, window=W, max_delay=MAX_DELAY)


def test_pairs_are_scored_as_our_own_rows_are():
    plan = [Entry(n, Series.STEADY, RUN_AT - W, RUN_AT) for n in (1, 2, 3)]
    delays = (timedelta(milliseconds=1), timedelta(milliseconds=4), timedelta(milliseconds=-2))
    lines = [f"made {n} {stamp(RUN_AT - W)}" for n in (1, 2, 3)]
    lines += [f"run {n} {stamp(RUN_AT + d)} {stamp(RUN_AT + d) + NS}" for n, d in enumerate(delays, 1)]
    found = scored(plan, lines)
    assert found.start == score.summary([1.0, 4.0, -2.0])
    assert (found.jobs, found.early, found.lost, found.twice) == (3, 1, 0, 0)
    assert found.flaws == ["Job 3 started 2.000 ms early."]


def test_what_is_lost_or_started_twice_is_told():
    plan = [Entry(n, Series.STEADY, RUN_AT - W, RUN_AT) for n in (1, 2, 3)]
    on_time = stamp(RUN_AT)
    found = scored(
        plan,
        [
            f"made 1 {stamp(RUN_AT - W)}",
            f"made 2 {stamp(RUN_AT - W)}",  # never started; the third was never taken in
            f"run 1 {on_time + NS} {on_time + 2 * NS}",
            f"run 1 {on_time} {on_time + NS}",
        ],
    )
    assert (found.lost, found.twice) == (2, 1)
    assert found.start == score.summary([0.0])  # the first start counts, whichever was told first
    assert found.flaws[0] == "3 jobs were created, 2 are in the table, 1 were acquired, 1 completed."
    assert found.flaws[1:] == ["Job 1 was started 2 times.", "Job 2 is pending."]


def test_a_time_keeps_its_microseconds():
    """1 us late must not become early, nor the other way round, on the way through text."""
    run_at = datetime(2030, 1, 1, 12, 0, 0, 123457, tzinfo=UTC)
    entry = Entry(1, Series.STEADY, BEGIN, run_at)
    assert datetime.fromtimestamp(float(entry.line().split()[2]), tz=UTC) == run_at
    told = plans.stamps([f"made 1 {stamp(BEGIN)}", f"run 1 {stamp(run_at) + 999} {stamp(run_at) + NS}"])
    assert plans.rows([entry], told)[0].execute_at == run_at


def test_the_plan_is_the_workload_with_its_live_jobs():
    duration = timedelta(seconds=60)
    plan = plans.punctual(BEGIN, duration=duration, window=W, seed=3)
    waiting = [job for job in plan if job.series != Series.LIVE]
    assert [(job.series, job.run_at) for job in waiting] == [
        (job.series, job.run_at) for job in planned(BEGIN + W, duration, 3)
    ]
    assert {job.insert_at for job in waiting} == {BEGIN}
    live = plan[len(waiting) :]
    assert {job.run_at - job.insert_at for job in live} == {W + timedelta(milliseconds=100)}
    assert len(live) > 20
    assert sorted(job.insert_at for job in live) == [job.insert_at for job in live]
    assert [job.job_id for job in plan] == list(range(1, len(plan) + 1))
    assert sum(job.series == Series.BURST for job in plan) == 4 * BURST_SIZE


def test_the_stamps_of_all_processes_are_read():
    plan = [Entry(n, Series.BURST, BEGIN, None) for n in (1, 2)]
    assert [job.line().split()[2] for job in plan] == ["0", "0"]
    told = plans.stamps(["ready", "ready", f"made 1 {stamp(BEGIN)}", f"made 2 {stamp(BEGIN)}", "fed", f"list {NS}"])
    assert (told.ready, told.fed, told.lists) == (2, True, [datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)])
    assert {(r.run_at, r.state) for r in plans.rows(plan, told)} == {(BEGIN, State.PENDING)}


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_every_requirement_is_one_exact_version_and_names_no_registry(peer):
    lines = peer.requirements.read_text().splitlines()
    if peer.node:
        # Newest first, each with the least Node.js that runs it.
        lines = [line.split()[0].replace("@", "==") for line in lines if float(line.split()[1])]
    assert lines
    assert all(name and version and " " not in line for line in lines for name, _, version in [line.partition("==")])


@pytest.mark.parametrize(
    ("nonsense", "says"),
    [
        ({"peers": True, "only": ["cron"]}, f"--only: nobody is called 'cron'; choose from {', '.join(NAMES)}."),
        ({"peers": True, "backlog": -1}, "--backlog is -1; it must be from 0 to 1e+06 jobs."),
        ({"peers": True, "jobs": 10}, "--jobs means nothing with --peers."),
        ({"peers": True, "slots": 0}, "--slots is 0; it must be from 1 to 1000 slots a worker."),
        ({"only": ["huey"]}, "--only means nothing without --peers or --drain."),
        ({"backlog": 10}, "--backlog means nothing without --peers."),
        ({"burst": True, "only": ["huey"]}, "--only means nothing with --burst."),
    ],
)
@pytest.mark.django_db
def test_nonsense_is_refused_in_one_sentence(nonsense, says):
    with pytest.raises(CommandError) as refused:
        call_command("benchmark", **nonsense)
    assert str(refused.value) == says


def test_a_comparison_is_not_an_ha_round():
    with pytest.raises(CommandError, match="not allowed with argument"):
        call_command("benchmark", "--peers", "--ha")


def test_all_are_measured_unless_some_are_named():
    assert comparison().names == NAMES
    assert comparison(["huey", OURS]).names == (OURS, "huey")
    assert checked({}).backlog == 5000
    assert (comparison().round.idle, comparison(idle=0.0).round.idle) == (10, 0)


def system(name, title, delay_ms, rate=None):
    rows = [row(1, delay_ms=delay_ms), row(2, delay_ms=delay_ms)]
    figures = punctuality(rows, created=2, cost=700, idle=0.25, window=W, max_delay=MAX_DELAY)
    return System(name, title, f"settings of {title}", "", ["x==1"], figures, rate)


def outcome():
    machine = Machine(cores=2, load=0.5, python="3.11", celery="5.7", postgresql="18.6", broker="Valkey 9")
    absent = System(
        "apscheduler", "APS [3]", "default", "no HA", ["y==2"], missing=["could not be installed: no index"]
    )
    systems = [system(OURS, "RunAt", 0.5, 3000.0), system("huey", "huey", 20.0, 1500.0), absent]
    return Outcome(comparison(), machine, systems)


def shown(what):
    text = io.StringIO()
    table.show(what, Console(file=text, width=150))
    return [" ".join(line.strip("│ ").split()) for line in text.getvalue().splitlines()]


def test_the_table_has_a_line_for_each_and_its_ratio_to_ours():
    lines = shown(outcome())
    assert "RunAt 0.50 0.50 0.00 0.50 0.50 0 0 0 700 0.25 1.00" in lines
    assert "huey 20.0 20.0 0.00 20.0 20.0 0 0 0 700 0.25 40" in lines
    assert "APS [3] - - - - - - - - - - -" in lines
    assert "RunAt 3,000 1.00" in lines
    assert "huey 1,500 0.50" in lines
    assert "APS [3] Set: default." in lines
    assert {"Lacks: no HA.", "NOT MEASURED: could not be installed: no index"} <= set(lines)


def test_the_longest_names_and_figures_fit_a_plain_page():
    """110 characters, where no terminal says."""
    wide = outcome()
    wide.systems += [system(peer.name, peer.title, 4838.43) for peer in PEERS]
    text = io.StringIO()
    table.show(wide, Console(file=text, width=110))
    lines = [" ".join(line.strip("│ ").split()) for line in text.getvalue().splitlines()]
    for peer in PEERS:
        assert f"{peer.title} 4,838 4,838 0.00 4,838 4,838 0 0 0 700 0.25 9,677" in lines


def test_only_runat_can_fail():
    assert outcome().passed
    late = outcome()
    late.systems[0] = system(OURS, "RunAt", -1)
    assert not late.passed
    late.systems[0].punctuality = None
    assert not late.passed
    assert Outcome(late.comparison, late.machine, late.systems[1:]).passed


def test_a_peer_that_cannot_use_this_broker_is_told_so():
    with pytest.raises(Unavailable, match=r"^needs redis as its broker, and this round has amqp$"):
        services.broker(BY_NAME["huey"], "queue", "amqp://nowhere").__enter__()


def test_without_ours_there_is_no_ratio():
    alone = outcome()
    alone.systems = [alone.systems[1]]
    assert "huey 20.0 20.0 0.00 20.0 20.0 0 0 0 700 0.25 -" in shown(alone)


def test_json_has_the_figures_and_says_null_where_there_are_none():
    found = json.loads(json.dumps(outcome().as_json()))
    ours, huey, absent = found["systems"]
    assert (ours["ratio_to_runat"], huey["ratio_to_runat"], absent["ratio_to_runat"]) == (1.0, 40.0, None)
    assert (huey["rate"], huey["rate_ratio_to_runat"]) == (1500.0, 0.5)
    assert huey["punctuality"]["start_delay_ms"]["efficiency"] == 20.0
    assert absent["punctuality"] is None
    assert absent["missing"] == ["could not be installed: no index"]
    assert found["options"]["seed"] == 7
