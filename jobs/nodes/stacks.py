"""Asks a worker where the bodies of its jobs are in their code, by Celery's remote control. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from celery import current_app

from jobs.breaker import Breaker
from jobs.events import emit
from jobs.events.nodes import StacksNotAsked

STACKS = "runat_stacks"  # the command
PATIENCE = 2.0  # seconds for the worker's answer
MOST_FRAMES = 40  # of a job
LONGEST = 160  # characters of a part of a line

BROKER_AWAY = "The broker cannot be reached: nobody can be asked. Try again in a few seconds."
NO_ANSWER = (
    f"The worker has not answered within {PATIENCE:g} s: it is busy or gone, its remote control is switched off, or "
    "it is of an earlier release."
)
PROCESSES = (
    "Its jobs run in processes of their own (prefork), into which the worker cannot look: only a worker on threads "
    "(-P threads) can say where they are. On its host `py-spy dump --pid PID` shows a process."
)

broker = Breaker(5.0)  # seconds


class Frame(NamedTuple):
    """A place in code. `code`: its line there, without secrets that are known."""

    module: str
    function: str
    line: int
    code: str


class Stack(NamedTuple):
    """A body's way through its code, the innermost last; `left_out`: how many there are before. No frame: the body was
    not entered yet, or has just ended."""

    frames: tuple[Frame, ...]
    left_out: int


class Answer(NamedTuple):
    """The answer of a worker. `why`: a sentence where there are no stacks at all."""

    stacks: dict[int, Stack]
    why: str = ""


def ask(worker: str, job_ids: Collection[int]) -> Answer:
    """Ask the worker of this name about these jobs; waits for its answer no longer than PATIENCE. Never raises."""
    if not job_ids:
        return Answer({})
    if broker.open:
        return Answer({}, BROKER_AWAY)
    try:
        answers = current_app.control.broadcast(
            STACKS, arguments={"jobs": list(job_ids)}, destination=[worker], reply=True, timeout=PATIENCE, limit=1
        )
    except Exception as error:  # noqa: BLE001 - a broker may fail in any way; nothing was changed
        broker.trip()
        emit(StacksNotAsked(worker, error))
        return Answer({}, BROKER_AWAY)
    said = next((answer[worker] for answer in answers or [] if worker in answer), None)
    if not isinstance(said, dict) or "error" in said:
        return Answer({}, NO_ANSWER)
    return _read(said)


def _read(said: dict[str, Any]) -> Answer:
    if said.get("pool") == "processes":
        return Answer({}, PROCESSES)
    try:
        return Answer({int(job_id): _stack(one) for job_id, one in said["stacks"].items()})
    except (KeyError, TypeError, ValueError, AttributeError):
        return Answer({}, "The worker's answer is not understood: it is of another release.")


def _stack(said: dict[str, Any]) -> Stack:
    frames = (
        Frame(str(module)[:LONGEST], str(function)[:LONGEST], int(line), str(code)[:LONGEST])
        for module, function, line, code in said["frames"][-MOST_FRAMES:]
    )
    return Stack(tuple(frames), int(said["left_out"]))
