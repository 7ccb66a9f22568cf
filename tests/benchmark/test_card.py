import io
import json
from datetime import timedelta

from rich.console import Console

from tests.benchmark.rows import MICROSECOND, RUN_AT, result, row
from verification.benchmark.report import card
from verification.benchmark.statements import Snapshot, between


def shown(found) -> str:
    """The card without its frame and line breaks."""
    console = Console(width=110, file=io.StringIO())
    card.show(found, console)
    return " ".join(console.file.getvalue().translate(str.maketrans("│╭╮╰╯─", "      ")).split())


def test_the_verdict_comes_first_and_the_scores_beside_the_published_ones():
    text = shown(result())
    assert text.startswith("RunAt punctuality benchmark QUALIFIED: 2 of 2 jobs started on time, exactly once.")
    assert "145.40" in text
    assert "cost = 100 x 2 windows holds" in text
    assert "pg_stat_statements: not available" in text
    assert "shared_preload_libraries" in text
    assert "--seed 7" in text


def test_without_qualification_there_is_no_score_but_there_are_reasons():
    early = result(row(1, execute_at=RUN_AT - MICROSECOND), row(2))
    text = shown(early)
    assert text.startswith("RunAt punctuality benchmark NOT QUALIFIED, so there is no score (1 reasons).")
    assert "Job 1 started 0.001 ms early." in text
    assert early.as_json()["scores"] is None
    assert not early.passed


def test_in_the_ha_round_whatever_raised_fails_it():
    raised = result(ha=True, problems=["bench1.log: Traceback"], restarts=9)
    assert raised.qualified
    assert not raised.passed
    text = shown(raised)
    assert "HA ROUND FAILED: 9 restarts, 1 problems. QUALIFIED" in text
    assert "bench1.log: Traceback" in text
    assert result(ha=True).passed
    assert result(problems=["bench1.log: Traceback"]).passed


def test_a_difference_to_pg_stat_statements_is_said():
    before = Snapshot(RUN_AT, calls=100, lists=5, logged_lists=0)
    after = Snapshot(RUN_AT + timedelta(seconds=10), calls=150, lists=8, logged_lists=2)
    traffic = between(before, after)
    assert traffic is not None
    assert traffic.per_second == 5.0
    text = shown(result(traffic=traffic, lists=traffic))
    assert "differs by +1" in text
    assert "5.0/s during the load" in text
    assert between(None, after) is None


def test_the_json_has_every_figure():
    figures = json.loads(json.dumps(result().as_json(), default=str))
    assert figures["scores"].keys() == {"cost", "efficiency_start_ms", "efficiency_original_ms"}
    assert figures["cost"]["above_floor"] == 0
    assert figures["start_delay_ms"]["lone"]["mean"] == 0.5
    assert figures["start_delay_ms"]["burst"]["mean"] == 1.5
    assert figures["jobs"] == {"created": 2, "acquired": 2, "completed": 2}
    assert figures["cpu_s_per_1000_jobs"]["worker"] == 10.0
    assert figures["options"]["seed"] == 7
