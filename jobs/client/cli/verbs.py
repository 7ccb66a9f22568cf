"""Verbs: each asks through the door, prints, and returns the exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from jobs.client.cli import exits, exporting, following, importing
from jobs.client.cli.asking import WrongUsage, arguments, asked
from jobs.client.cli.door import Door
from jobs.client.cli.output import Output
from jobs.client.cli.places import queues, workers
from jobs.client.cli.telling import in_short, whole
from jobs.client.refused import Refused, Unreachable

COLUMNS = ("id", "state_name", "target", "name", "queue", "run_at", "delay_ms", "duration_ms", "held_by")
AWAY = ("database-away", "database-read-only", "too-slow", "busy")  # kinds of REST; the same later may be done
Options = Mapping[str, Any]
NOT_JUDGED = "This would be sent; whether RunAt takes it is known when it is."


def run(verb: str, options: Options, door: Door, output: Output) -> int:
    """Do what a command line asks, and return its exit code."""
    return answered(lambda: VERBS[verb](options, door, output), output)


def answered(do: Callable[[], int], output: Output) -> int:
    """Return the exit code of what is done, or that of a refusal, with the reason."""
    try:
        return do()
    except WrongUsage as error:
        output.say(str(error))
        return exits.WRONG_USAGE
    except Refused as refused:
        refusal(refused, output)
        return exits.NO_ANSWER if refused.kind in AWAY else exits.REFUSED
    except Unreachable as error:
        output.say(str(error))
        return exits.NO_ANSWER


def refusal(refused: Refused, output: Output) -> None:
    """Say why something was not done: to people, and as JSON to programs."""
    if output.as_json:
        output.write_error({"kind": refused.kind, "detail": str(refused), "problems": refused.problems, **refused.more})
        return
    lines = [f"{field}: {sentence}" for field, said in refused.problems.items() for sentence in said]
    output.say("\n".join(lines or [str(refused)]))


def _list(options: Options, door: Door, output: Output) -> int:
    found = door.jobs(" ".join(options["filter"]), history=options["history"], limit=options["limit"])
    number = output.several(found, COLUMNS, "No job is found by this.")
    if number == options["limit"] and not output.as_json:
        output.say(f"These are the newest {number:,}; there may be more: --limit, or export.")
    return exits.DONE


def _show(options: Options, door: Door, output: Output) -> int:
    job = door.job(options["id"])
    output.one(job, whole(job))
    return exits.DONE


def _create(options: Options, door: Door, output: Output) -> int:
    job = _with_arguments(asked(options, editing=False), options["arguments"], {})
    door, is_known = _rehearsed(options, door)
    if not is_known:
        output.one(job, [NOT_JUDGED, *(f"  {name}: {value}" for name, value in job.items())])
        return exits.DONE
    created, is_new = door.create(cast("Any", job), idempotency_key=options["idempotency_key"])
    if options["dry_run"]:
        shown = {name: value for name, value in created.items() if name != "id"} if is_new else dict(created)
        output.one(shown, [f"A job would be created: {in_short(created)}." if is_new else _again(created)])
    else:
        output.one(created, [f"Job {created['id']} was created: {in_short(created)}." if is_new else _again(created)])
    return exits.DONE


def _again(job: Mapping[str, Any]) -> str:
    return f"Job {job['id']} was created with this key before: {in_short(job)}."


def _edit(options: Options, door: Door, output: Output) -> int:
    before = door.job(options["id"])
    changes = _with_arguments(asked(options, editing=True), options["arguments"], before["payload"])
    if not changes:
        raise WrongUsage("Say what is to be changed: an option such as --queue, or an argument such as month:=12.")
    version = options["if_version"] or before["version"]
    if options["reason"]:
        changes["reason"] = options["reason"]

    def do(door: Door) -> Mapping[str, Any]:
        return door.edit(options["id"], cast("Any", changes), version=version)

    return _one(options, door, output, options["id"], do, "edited")


def _reschedule(options: Options, door: Door, output: Output) -> int:
    def do(door: Door) -> Mapping[str, Any]:
        return door.reschedule(options["id"], options["run_at"], reason=options["reason"])

    return _one(options, door, output, options["id"], do, "rescheduled")


def _cancel(options: Options, door: Door, output: Output) -> int:
    return _each(options, door, output, lambda door, job: door.cancel(job, reason=options["reason"]), "cancelled")


def _retry(options: Options, door: Door, output: Output) -> int:
    return _each(
        options, door, output, lambda door, job: door.retry(job, reason=options["reason"]), "told to start again"
    )


def _run_now(options: Options, door: Door, output: Output) -> int:
    return _each(options, door, output, lambda door, job: door.run_now(job), "told to start now")


def _each(options: Options, door: Door, output: Output, do: Callable[[Door, int], Mapping[str, Any]], done: str) -> int:
    """Do it to each of the jobs, also after one that refuses. Returns the exit code of the first that does."""
    code = exits.DONE
    for job in dict.fromkeys(options["ids"]):
        try:
            _one(options, door, output, job, lambda door, job=job: do(door, job), done)  # type: ignore[misc]
        except Refused as refused:
            refusal(refused, output)
            code = exits.REFUSED
    return code


def _one(  # noqa: PLR0917 - as _each, of one job
    options: Options, door: Door, output: Output, job_id: int, do: Callable[[Door], Mapping[str, Any]], done: str
) -> int:
    """Do it to a job, or say what would come of it."""
    door, is_known = _rehearsed(options, door)
    if not is_known:
        job = door.job(job_id)
        output.one(job, [f"Job {job_id} is {job['state_name']}: {in_short(job)}.", NOT_JUDGED])
        return exits.DONE
    job_after = do(door)
    state, stops = job_after["state_name"], job_after["cancel_requested_at"] and done == "cancelled"
    would = "would be" if options["dry_run"] else "was"
    what = "asked to stop" if stops and state == "running" else done
    output.one(job_after, [f"Job {job_id} {would} {what}: {in_short(job_after)}."])
    return exits.DONE


def _rehearsed(options: Options, door: Door) -> tuple[Door, bool]:
    """Return the door, or for a dry run one that takes back what is done; and whether there is such a one."""
    if not options["dry_run"]:
        return door, True
    rehearsal = getattr(door, "rehearsal", None)
    return (door, False) if rehearsal is None else (rehearsal(), True)


def _with_arguments(job: dict[str, Any], words: list[str], before: Any) -> dict[str, Any]:
    """Return the fields with these arguments in the payload, beside those that it has."""
    if words:
        had = job.get("payload", before)
        job["payload"] = {**(had if isinstance(had, dict) else {}), **arguments(words)}
    return job


VERBS: dict[str, Callable[[Options, Door, Output], int]] = {
    "list": _list,
    "show": _show,
    "create": _create,
    "edit": _edit,
    "cancel": _cancel,
    "retry": _retry,
    "run-now": _run_now,
    "reschedule": _reschedule,
    "wait": following.wait,
    "tail": following.tail,
    "import": importing.bring,
    "export": exporting.export,
    "queues": queues,
    "workers": workers,
}
