"""What a worker says of where its jobs are, and what is said instead."""

import pytest
from celery import current_app

from jobs.nodes import stacks
from jobs.nodes.stacks import Answer, Frame


@pytest.fixture
def worker(monkeypatch):
    """A worker that says this; an exception is a broker that is away."""
    monkeypatch.setattr(stacks, "broker", stacks.Breaker(5.0))
    asked = []

    def says(answer):
        def broadcast(command, **more):
            asked.append((command, more))
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(current_app.control, "broadcast", broadcast)
        return asked

    return says


def test_one_worker_is_asked_about_these_jobs(worker):
    frame = ["shop.books", "close", 7, "wait()"]
    answer = {"pool": "threads", "stacks": {"5": {"attempt": 1, "frames": [frame], "left_out": 3}}}
    asked = worker([{"w1@host": answer}])
    answer = stacks.ask("w1@host", [5, 6])
    assert answer == Answer({5: stacks.Stack((Frame("shop.books", "close", 7, "wait()"),), 3)})
    ((command, more),) = asked
    assert command == "runat_stacks"
    assert (more["destination"], more["arguments"], more["limit"]) == (["w1@host"], {"jobs": [5, 6]}, 1)


def test_nobody_is_asked_about_nothing(worker):
    assert worker([]) == []
    assert stacks.ask("w1@host", []) == Answer({})


@pytest.mark.parametrize("answer", [[], None, [{"w1@host": {"error": "boom"}}], [{"w2@host": {}}], [{"w1@host": "?"}]])
def test_a_worker_that_does_not_answer_is_said_to(worker, answer):
    worker(answer)
    assert stacks.ask("w1@host", [5]).why.startswith("The worker has not answered within 2 s")


def test_prefork_says_that_it_cannot(worker):
    worker([{"w1@host": {"pool": "processes", "stacks": {}}}])
    assert "only a worker on threads (-P threads) can say" in stacks.ask("w1@host", [5]).why


@pytest.mark.parametrize(
    "said", [{}, {"stacks": []}, {"stacks": {"5": {}}}, {"stacks": {"5": {"frames": [[1]], "left_out": 0}}}]
)
def test_an_answer_of_another_release_is_no_error(worker, said):
    worker([{"w1@host": said}])
    assert stacks.ask("w1@host", [5]).why == "The worker's answer is not understood: it is of another release."


def test_a_broker_that_is_away_is_not_asked_again_at_once(worker):
    asked = worker(OSError("away"))
    for _ in range(2):
        assert stacks.ask("w1@host", [5]).why.startswith("The broker cannot be reached")
    assert len(asked) == 1


def test_what_a_worker_says_is_bounded_here_too(worker):
    frames = [["m" * 999, "f" * 999, n, "c" * 999] for n in range(100)]
    worker([{"w1@host": {"pool": "threads", "stacks": {"5": {"attempt": 1, "frames": frames, "left_out": 0}}}}])
    found = stacks.ask("w1@host", [5]).stacks[5].frames
    assert len(found) == stacks.MOST_FRAMES
    assert found[-1].line == 99
    assert {len(part) for one in found for part in (one.module, one.function, one.code)} == {stacks.LONGEST}
