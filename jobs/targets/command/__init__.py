"""The target `command`: a program that operators have named, run at `run_at`. docs/command.md says how."""

from __future__ import annotations

from typing import Any

from jobs.targets.command.call import CommandCall, waits_for_approval
from jobs.targets.command.ready import Ready
from jobs.targets.context import Context
from jobs.targets.registry import target


@target("command", arguments=CommandCall, dangerous=waits_for_approval)
def command(ctx: Context, call: CommandCall) -> dict[str, Any]:
    """Runs a program that operators have named in JOBS_COMMANDS, and completes if it exits with 0."""
    made: Ready = ctx.prepared or Ready(call, ctx)
    try:
        return made.run(ctx)
    finally:
        made.process.close()


@command.prepare
def ready(ctx: Context, call: CommandCall) -> Ready:
    """The program stands ready ahead of the instant, in its folder and as its user: then it only has to be loaded."""
    return Ready(call, ctx)
