import io
import json

from rich.console import Console

from tests.benchmark.steady.made import life, result
from verification.benchmark.facts import Facts
from verification.benchmark.statements import Traffic
from verification.benchmark.steady import card
from verification.benchmark.steady.held import Held


def shown(found) -> str:
    """The card without its line breaks."""
    console = Console(width=110, file=io.StringIO())
    card.show(found, console)
    return " ".join(console.file.getvalue().split())


def test_the_verdict_comes_first_and_every_figure_is_told():
    held = Held(asked=1000, held=1000, before=100.0, after=110.0, prefetch=1104, seconds=2.0)
    text = shown(result(held=held, traffic=Traffic(20, 45, 2, 2), messages=1))
    assert text.startswith("9 jobs, 1 a second for 9 s, on 2 workers x 20 slots: each started once and completed.")
    for figure in (
        "9 created, 9 started, 9 completed",
        "1.0 jobs/s",
        "p50 0.25, p95 0.25, p99 0.25, max 0.25",
        "min 5.00, p5 5.00, p50 5.00 before its time",
        "committed 12.50 before it at the latest",
        "100.00% listed and 100.00% taken by a worker before they were due; 0 listed more than once",
        "the last of 5 jobs 1.25 s after their list query (the slowest of 3), at 12:00:12 UTC",
        "0.111 messages, 1.000 write transactions, 5.00 statements",
        "2 in the 2 windows",
        "beat 10.00, worker 200.00",
        "beat 1%, worker 20%",
        "bench1 100.0 112.5 111.0 105.0 110.0",
        "Memory with 1,000 held: 110.0 MB, 100.0 without them (10.2 KiB each); all there after 2.0 s, prefetch 1,104.",
    ):
        assert figure in text


def test_what_was_lost_doubled_early_or_listed_too_often_fails_it():
    lost = result(facts=Facts(9, 8, 3, 9.0, 8, 8, 6, 0))
    double = result(facts=Facts(9, 9, 3, 9.0, 10, 9, 6, 0))
    early = result(life(0, entered=-0.001))
    listed = result(lists=4)
    fewer = result(created=8, facts=Facts(8, 8, 3, 9.0, 8, 8, 6, 0))
    assert [len(found.flaws) for found in (lost, double, early, listed, fewer)] == [1] * 5
    assert not any(found.passed for found in (lost, double, early, listed, fewer))
    assert "8 of 9 jobs were committed." in shown(fewer)
    text = shown(listed)
    assert "NOT AS PROMISED (1 reasons). 4 list queries in 2 windows; 3 are allowed." in text


def test_one_list_query_more_and_any_delay_pass():
    slow = result(life(0, listed=500, taken=20_000, entered=25_000, deliveries=3), lists=3)
    assert slow.passed
    text = shown(slow)
    assert "0.00% listed and 0.00% taken by a worker before they were due; 1 listed more than once" in text
    assert "max 25,000.00" in text
    longer = result(facts=Facts(9, 9, 3, 18.0, 9, 9, 6, 0))
    assert longer.cores["worker"] == 0.1


def test_the_json_has_every_figure():
    held = Held(asked=10, held=4, before=100.0, after=101.0, prefetch=None, seconds=7.0)
    figures = json.loads(json.dumps(result(held=held).as_json(), default=str))
    assert figures["passed"]
    assert figures["jobs"] == {"created": 9, "started": 9, "completed": 9}
    assert figures["achieved_per_second"] == 1.0
    assert figures["figures"]["delay"]["p99"] == 0.25
    assert figures["figures"]["lead"]["low"] == 5.0
    assert figures["figures"]["last_third"]["overdue"] == 0
    assert figures["published"][2]["seconds"] is None
    assert figures["memory_mb"][0]["most"] == 112.5
    assert figures["held"]["bytes_each"] == 262_144
    assert figures["cores"]["worker"] == 0.2
    assert figures["transactions_per_job"] == 1.0
    assert figures["messages_per_job"] is figures["statements_per_job"] is None
