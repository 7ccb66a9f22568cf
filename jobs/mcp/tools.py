"""The list of tools: what each is called, takes and does, in the words that a language model reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rest_framework.request import Request

from jobs.api.paging import BIGGEST_ID
from jobs.api.problems import problem_of
from jobs.mcp import explaining, proposing
from jobs.mcp.looking import Refused
from jobs.permissions import ADD_JOB, VIEW_JOB, why_refused

__all__ = ["TOOLS", "Refused", "Tool", "call"]

MOST = 50  # rows in an answer
LONGEST = 1000  # characters of a text that is sent


class Asked(BaseModel):
    """Arguments of a tool; anything else is refused."""

    model_config = ConfigDict(extra="forbid")


class FindJobs(Asked):
    filter: str = Field(
        "",
        max_length=LONGEST,
        description="As in the list of jobs: words of name or target, an id, and filters such as `state:failed`, "
        "`queue:mail`, `target:http`, `label:team=pay`, `late:>1s`. Empty: the newest.",
    )
    limit: int = Field(20, ge=1, le=MOST)


class OneJob(Asked):
    job_id: int = Field(ge=1, le=BIGGEST_ID)


class WillRun(Asked):
    minutes: int = Field(60, ge=1, le=1440, description="From now on.")
    queue: str | None = Field(None, max_length=LONGEST, description="Exactly this queue; left out: all.")
    limit: int = Field(20, ge=1, le=MOST)


class Ahead(Asked):
    hours: Literal[24, 168] = Field(24, description="A day or a week.")
    queue: str | None = Field(None, max_length=LONGEST, description="Exactly this queue; left out: all.")


class Failed(Asked):
    span: Literal["1h", "24h", "7d"] = "24h"
    queue: str | None = Field(None, max_length=LONGEST)
    target: str | None = Field(None, max_length=LONGEST)


class Nothing(Asked):
    pass


class FindSchedules(Asked):
    name: str | None = Field(None, max_length=LONGEST, description="A part of the name; left out: all.")
    limit: int = Field(20, ge=1, le=MOST)


class OneSchedule(Asked):
    schedule_id: int = Field(ge=1, le=BIGGEST_ID)


class OneProposal(Asked):
    proposal_id: int = Field(ge=1, le=BIGGEST_ID)


class Why(Asked):
    reason: str = Field(max_length=500, description="Why: the person who decides reads it.")


class ChangeOfJob(Why):
    action: Literal["cancel", "retry", "run_now", "reschedule"]
    job_id: int = Field(ge=1, le=BIGGEST_ID)
    run_at: str | None = Field(
        None, max_length=100, description="For reschedule: the new time, ISO 8601 with a zone, as 2026-12-31T23:59:00Z."
    )


class NewJob(Why):
    job: dict[str, Any] = Field(
        description="As POST /api/v1/jobs/ takes it: target, payload (an object), run_at (ISO 8601, or now), and if "
        "wanted name, queue, labels and other fields of REST."
    )


class PauseOfQueue(Why):
    queue: str = Field(max_length=LONGEST)


@dataclass(frozen=True)
class Tool:
    """Tool of the server. `needs`: one of these permissions; who has only the second sees what is his own."""

    name: str
    title: str
    description: str
    takes: type[Asked]
    does: Callable[..., Any]
    needs: tuple[str, ...] = (VIEW_JOB,)
    only_reads: bool = True

    @property
    def schema(self) -> dict[str, Any]:
        """Return what it takes as JSON Schema."""
        return self.takes.model_json_schema()


OWN = (VIEW_JOB, ADD_JOB)
PROPOSED = "Proposes, and changes nothing: a person approves it on a page within a day."
TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "find_jobs",
            "Find jobs",
            "List jobs by a filter, the newest first, each with why it was late.",
            FindJobs,
            explaining.find_jobs,
            OWN,
        ),
        Tool(
            "show_job",
            "Show a job",
            "Show one job: its starts with their errors, what people asked of it, and in `why` whether it was on time, "
            "or why it was late or has not started.",
            OneJob,
            explaining.show_job,
            OWN,
        ),
        Tool(
            "what_will_run",
            "What will run",
            "List what is due in the next minutes, the soonest first.",
            WillRun,
            explaining.what_will_run,
            OWN,
        ),
        Tool(
            "forecast",
            "Forecast",
            "Say for each queue how many runs are due in the next day or week, where slots do not suffice and how late "
            "runs start then.",
            Ahead,
            explaining.forecast,
        ),
        Tool(
            "what_failed",
            "What failed",
            "List what failed or was interrupted, in groups of one target and one kind of failure, with a sample.",
            Failed,
            explaining.what_failed,
        ),
        Tool(
            "overview",
            "Queues and workers",
            "Say how the platform does: counts and delays of jobs, the leader, workers, limits and paused queues.",
            Nothing,
            explaining.overview,
        ),
        Tool(
            "find_schedules",
            "Find schedules",
            "List schedules by a part of their name.",
            FindSchedules,
            explaining.find_schedules,
        ),
        Tool(
            "show_schedule",
            "Show a schedule",
            "Show one schedule: what it means, and its next starts.",
            OneSchedule,
            explaining.show_schedule,
        ),
        Tool(
            "propose_change_of_job",
            "Propose a change of a job",
            f"{PROPOSED} To cancel, retry, start now or move one job.",
            ChangeOfJob,
            proposing.propose_change_of_job,
            OWN,
            only_reads=False,
        ),
        Tool(
            "propose_new_job",
            "Propose a new job",
            f"{PROPOSED} To create one job.",
            NewJob,
            proposing.propose_new_job,
            OWN,
            only_reads=False,
        ),
        Tool(
            "propose_pause_of_queue",
            "Propose to pause a queue",
            f"{PROPOSED} To pause a queue.",
            PauseOfQueue,
            proposing.propose_pause_of_queue,
            only_reads=False,
        ),
        Tool(
            "show_proposal",
            "Show a proposal",
            "Say whether a proposal was approved, refused or is still open, and what became of it.",
            OneProposal,
            explaining.show_proposal,
            OWN,
        ),
    )
}


def call(caller: Request, name: str, arguments: Mapping[str, Any]) -> Any:
    """Do what the tool does for whoever asks, and return what it answers. Raises Refused."""
    tool = TOOLS.get(name)
    if tool is None:
        raise Refused(f"There is no tool '{name[:100]}'; there are: {', '.join(TOOLS)}.")
    if not any(caller.user.has_perm(permission) for permission in tool.needs):
        raise Refused(why_refused(caller.user, tool.needs[0]))
    try:
        given = tool.takes.model_validate(dict(arguments))
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}." for one in error.errors(include_input=False))
        raise Refused(" ".join(wrong)) from None
    try:
        return tool.does(caller, **{name: getattr(given, name) for name in tool.takes.model_fields})
    except Refused:
        raise
    except Exception as error:
        if (problem := problem_of(error)) is None:
            raise  # a mistake of ours
        raise Refused(problem.detail) from None
