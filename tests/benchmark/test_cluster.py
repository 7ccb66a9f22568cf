import itertools
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from verification.benchmark.processes import logs
from verification.benchmark.processes import member as places
from verification.benchmark.processes.member import Member, Turn

GOOD = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *a: sys.exit(0)); print('up', flush=True); time.sleep(60)"
RUDE = GOOD.replace("sys.exit(0)", "sys.exit(3)")
DEAF = GOOD.replace("sys.exit(0)", "None").replace("time.sleep(60)", "[time.sleep(1) for _ in range(60)]")


@pytest.fixture
def member(tmp_path: Path):
    made: list[Member] = []

    def make(code: str) -> Member:
        made.append(Member("bench1", "worker", [sys.executable, "-c", code], tmp_path / "bench1.log"))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        if one.process is not None:
            one.process.kill()
            one.process.wait()


def tick_until(member: Member, what: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end, "it took too long"
        member.tick()
        time.sleep(0.02)


def up(member: Member, times: int = 1) -> Callable[[], bool]:
    return lambda: member.log.read_text().count("up") == times


def test_it_lives_stops_pauses_and_starts_again(member):
    one = member(GOOD)
    tick_until(one, up(one))
    one.cycle(itertools.repeat(Turn(life=0.5, pause=0.1)))
    tick_until(one, lambda: one.lives == 3)
    assert one.problems == []
    assert one.cpu_of_ended > 0
    one.ask_to_stop()
    tick_until(one, lambda: one.process is None)
    one.tick()
    assert (one.process, one.lives) == (None, 3)


def test_an_end_by_itself_is_a_problem(member):
    one = member("raise SystemExit(7)")
    tick_until(one, lambda: one.process is None)
    assert one.problems == ["bench1 ended by itself with exit code 7"]


def test_a_stop_with_another_exit_code_than_0_is_a_problem(member):
    one = member(RUDE)
    tick_until(one, up(one))
    one.ask_to_stop()
    tick_until(one, lambda: one.process is None)
    assert one.problems == ["bench1 stopped with exit code 3"]


def test_one_that_ends_by_the_signal_itself_is_a_problem_unless_it_had_just_begun(member, monkeypatch):
    for starting, problems in ((10.0, []), (0.0, ["bench1 stopped with exit code -15"])):
        monkeypatch.setattr(places, "STARTING", starting)
        one = member("import time; time.sleep(60)")
        one.ask_to_stop()
        tick_until(one, lambda one=one: one.process is None)
        assert one.problems == problems


def test_one_that_does_not_stop_is_killed_and_a_problem(member, monkeypatch):
    monkeypatch.setattr(places, "GRACE", 0.3)
    one = member(DEAF)
    tick_until(one, up(one))
    one.ask_to_stop()
    tick_until(one, lambda: one.process is None)
    assert one.problems[0] == "bench1 did not stop within 0.3 s and was killed"


def test_a_kill_on_purpose_is_no_problem_and_is_made_good(member):
    one = member(GOOD)
    one.revive_after = 0.1
    tick_until(one, up(one))
    assert one.kill() == one.process.pid
    tick_until(one, up(one, times=2))
    assert (one.problems, one.lives) == ([], 2)


def test_so_is_one_that_was_told_to_quit_if_it_does(member, monkeypatch):
    one = member(GOOD)
    one.revive_after = 0.1
    tick_until(one, up(one))
    assert one.quit() == one.process.pid
    assert one.quit() is None  # a second one would be harder
    tick_until(one, up(one, times=2))
    assert one.problems == []
    monkeypatch.setattr(places, "GRACE", 0.3)
    deaf = member(GOOD.replace("signal.SIGTERM, lambda *a: sys.exit(0)", "signal.SIGQUIT, lambda *a: None"))
    tick_until(deaf, up(deaf, times=3))
    deaf.quit()
    tick_until(deaf, lambda: deaf.process is None)
    assert deaf.problems == ["bench1 did not stop within 0.3 s and was killed"]


def test_it_can_be_started_again_in_another_environment(member):
    one = member(GOOD.replace("'up'", "'up', __import__('os').environ.get('WHERE')"))
    tick_until(one, up(one))
    one.restart({**one.environment, "WHERE": "elsewhere"})
    tick_until(one, up(one, times=2))
    assert one.log.read_text() == "up None\nup elsewhere\n"
    assert (one.problems, one.stop_at) == ([], None)


def test_so_is_one_that_somebody_else_answers_for(member):
    one = member("import os; os.kill(os.getpid(), 9)")
    one.excused = lambda pid: True
    tick_until(one, lambda: one.process is None)
    assert one.problems == []
    assert (one.kill(), one.freeze()) == (None, None)


def test_a_stopped_one_is_woken_to_be_asked_to_stop(member):
    one = member(GOOD)
    tick_until(one, up(one))
    one.freeze()
    one.ask_to_stop()
    tick_until(one, lambda: one.process is None)
    assert one.problems == []


def test_a_log_that_tells_of_an_error_is_a_problem(tmp_path):
    log = tmp_path / "bench1.log"
    log.write_text(
        "[2030-01-01 12:00:00,000: WARNING/MainProcess] ERROR is only a word here\n"
        "[2030-01-01 12:00:00,000: ERROR/MainProcess] Task handler raised\n"
        "Traceback (most recent call last):\n"
        "2030-01-01 12:00:00,000 WARNING jobs.publishing the broker is away\n"
        "2030-01-01 12:00:00,000 ERROR jobs.worker.run.runner job 1 ended\n"
    )
    assert [line.split(": ", 1)[1][:20] for line in logs.trouble(log)] == [
        "[2030-01-01 12:00:00",
        "Traceback (most rece",
        "2030-01-01 12:00:00,",
    ]
    assert "ERROR/MainProcess" in logs.trouble(log)[0]
    assert logs.trouble(log, start=logs.length(log)) == []
    assert logs.last_words(log).endswith("job 1 ended")
    assert logs.trouble(tmp_path / "none.log") == []
