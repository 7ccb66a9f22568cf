"""Verbs that stay until a job has ended."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from jobs.client.cli import exits
from jobs.client.cli.door import Door
from jobs.client.cli.output import Output, moment, printable
from jobs.client.cli.telling import in_short
from jobs.client.shapes import JobDetail
from jobs.client.waiting import FIRST_LOOK, LAST_LOOK, followed

Lines = dict[int, int]  # how much of the log of each start was printed


def wait(options: Mapping[str, Any], door: Door, output: Output) -> int:
    """Wait until the job has ended, and print how."""
    job = None
    for job in _looks(options["id"], door, options["timeout"]):  # noqa: B007 - the last
        pass
    return _ended(job, output, options["timeout"])


def tail(options: Mapping[str, Any], door: Door, output: Output) -> int:
    """Print what changes of the job, until it ends."""
    seen: dict[str, Any] = {}
    lines: Lines = {}
    job = None
    for job in _looks(options["id"], door, options["timeout"]):
        for event in _news(job, seen, lines):
            output.one(event, [_in_words(event)])
    return _ended(job, output, options["timeout"], is_said=True)


def _looks(job_id: int, door: Door, timeout: float | None) -> Iterator[JobDetail]:
    """Yield the job as it is, again and again until it has ended or the time is over; then that which it has joined."""
    until, pause = None if timeout is None else time.monotonic() + timeout, FIRST_LOOK
    while True:
        job = door.job(job_id)
        yield job
        stands = followed(job)
        if stands == job["id"]:
            return
        if stands is not None:
            job_id = stands
            continue
        left = LAST_LOOK if until is None else until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, LAST_LOOK)


def _ended(job: JobDetail | None, output: Output, timeout: float | None, *, is_said: bool = False) -> int:
    assert job is not None  # noqa: S101 - there was a first look
    if followed(job) is None:
        output.say(f"Job {job['id']} has not ended within {timeout or 0:g} s; it is {job['state_name']}.")
        return exits.NOT_ENDED
    if not is_said:
        output.one(job, [f"Job {job['id']} has ended: {in_short(job)}.", *_why(job)])
    return exits.DONE if job["state_name"] == "completed" else exits.ENDED_OTHERWISE


def _why(job: JobDetail) -> Iterator[str]:
    """Yield why it has ended so, in a line; `show` has all of an error."""
    errors = [start["error"] for start in job["attempts"][-1:]]
    for text in [job["reason"], *errors]:
        if text:
            yield printable(text.splitlines()[0])
            return


def _news(job: JobDetail, seen: dict[str, Any], lines: Lines) -> Iterator[dict[str, Any]]:
    """Yield what is new of the job since it was looked at."""
    state = {"id": job["id"], "state": job["state_name"], "version": job["version"], "held_by": job["held_by"]}
    if state != seen.get("state"):
        seen["state"] = state
        yield {"event": "state", **state, "run_at": job["run_at"], "reason": job["reason"]}
    for start in job["attempts"]:
        number = start["number"]
        how = {name: start[name] for name in ("worker", "started_at", "finished_at", "outcome_name", "error")}
        if how != seen.get(f"start {number}"):
            seen[f"start {number}"] = how
            yield {"event": "start", "id": job["id"], "number": number, **how}
        progress = (start["progress"], start["progress_note"])
        if progress != seen.get(f"progress {number}", (None, None)):
            seen[f"progress {number}"] = progress
            yield {"event": "progress", "id": job["id"], "progress": progress[0], "note": progress[1]}
        said = _log(start["log"])
        for line in said[lines.get(number, 0) :]:
            yield {"event": "log", "id": job["id"], "number": number, "line": line}
        lines[number] = max(len(said), lines.get(number, 0))


def _log(log: Any) -> list[Any]:
    """Return the lines that the target has said."""
    if isinstance(log, Mapping):
        log = log.get("lines", [])
    return list(log) if isinstance(log, list) else []


def _in_words(event: Mapping[str, Any]) -> str:
    match event["event"]:
        case "state":
            held = f", held by {event['held_by']}" if event["held_by"] else ""
            why = f": {printable(event['reason'])}" if event["reason"] else ""
            return f"Job {event['id']} is {event['state']}{held}, at {moment(event['run_at'])}{why}"
        case "start":
            outcome = event["outcome_name"] or ("running" if event["started_at"] else "taken")
            why = f": {printable(event['error'].splitlines()[0])}" if event["error"] else ""
            return f"  start {event['number']} on {event['worker']}: {outcome}{why}"
        case "progress":
            share = "" if event["progress"] is None else f"{event['progress']:.0%} "
            return f"  progress {share}{printable(event['note'] or '')}".rstrip()
    line = event["line"]
    text = " ".join(str(part) for part in line.values()) if isinstance(line, Mapping) else str(line)
    return f"  | {printable(text)}"
