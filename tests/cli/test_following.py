"""Verbs that stay until a job has ended, and what they exit with."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.client.cli import following
from tests.cli.conftest import Shell


def looked_at(**fields: Any) -> dict[str, Any]:
    job = {
        "id": 7,
        "state_name": "pending",
        "version": 1,
        "held_by": "",
        "run_at": "2030-01-01T12:00:00Z",
        "reason": "",
    }
    return {**job, "joined_id": None, "attempts": [], "name": "", "target": "demo.sleep", "queue": "default", **fields}


def start(**fields: Any) -> dict[str, Any]:
    blank = {"number": 1, "worker": "w1", "started_at": "2030-01-01T12:00:00Z", "finished_at": None, "error": ""}
    return {**blank, "outcome_name": None, "log": None, "progress": None, "progress_note": None, **fields}


class Looks:
    """Door behind which a job is another at each look."""

    def __init__(self, *jobs: dict[str, Any]) -> None:
        self.jobs = list(jobs)

    def job(self, job_id: int) -> Any:
        return self.jobs.pop(0) if len(self.jobs) > 1 else self.jobs[0]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "FIRST_LOOK", 0.0)


@pytest.mark.parametrize(
    ("state", "code"), [("completed", 0), ("failed", 3), ("cancelled", 3), ("interrupted", 3), ("skipped", 3)]
)
def test_the_exit_code_says_how_a_job_has_ended(state, code):
    shell = Shell(Looks(looked_at(), looked_at(state_name=state)))  # type: ignore[arg-type]

    said = shell("wait", "7")

    assert said.code == code
    assert said.out.startswith("Job 7 has ended: demo.sleep, queue default,")
    assert shell("tail", "7").code == code


def test_a_job_that_has_not_ended_in_time_has_a_code_of_its_own():
    said = Shell(Looks(looked_at(state_name="running")))("wait", "7", "--timeout", "0")  # type: ignore[arg-type]

    assert (said.code, said.out, said.err) == (4, "", "Job 7 has not ended within 0 s; it is running.\n")


def test_tail_says_each_thing_once():
    running = looked_at(
        state_name="running", attempts=[start(log={"lines": ["one"]}, progress=0.5, progress_note="half")]
    )
    over = start(
        log={"lines": ["one", "two\x1b[31m"]},
        progress=0.5,
        progress_note="half",
        outcome_name="failed",
        error="No.\nTraceback",
    )
    shell = Shell(Looks(looked_at(), running, running, looked_at(state_name="failed", attempts=[over])))  # type: ignore[arg-type]

    assert shell("tail", "7").out.splitlines() == [
        "Job 7 is pending, at 2030-01-01 12:00:00Z",
        "Job 7 is running, at 2030-01-01 12:00:00Z",
        "  start 1 on w1: running",
        "  progress 50% half",
        "  | one",
        "Job 7 is failed, at 2030-01-01 12:00:00Z",
        "  start 1 on w1: failed: No.",
        "  | two [31m",
    ]


def test_tail_is_lines_of_json_for_programs():
    shell = Shell(Looks(looked_at(), looked_at(state_name="completed")))  # type: ignore[arg-type]

    assert [line["state"] for line in shell("tail", "7", "--json").lines] == ["pending", "completed"]
