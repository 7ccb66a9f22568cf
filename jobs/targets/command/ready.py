"""Programs made ready ahead of their time, and what their ends mean."""

from __future__ import annotations

import os
import pwd
import signal
from datetime import UTC
from typing import Any

from jobs.commands import Command
from jobs.conf import conf
from jobs.masking import masked
from jobs.targets.command.call import CommandCall
from jobs.targets.command.output import Output
from jobs.targets.command.process import End, Process
from jobs.targets.context import Cancelled, Context, DeadlinePassed, OutcomeUnknown, TargetFailed

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")  # of the worker's environment
KB = 1024


class Ready:
    """Program that waits for the job's instant."""

    def __init__(self, call: CommandCall, ctx: Context) -> None:
        entry = conf().commands[call.command]
        self._name, self._output = call.command, Output(entry.output_kb * KB, ctx.execution)
        try:
            self.process = Process(_order(entry, call, ctx), call.stdin, self._output)
        except (OSError, KeyError) as error:
            raise self._unstarted(str(error)) from error

    def run(self, ctx: Context) -> dict[str, Any]:
        """Run it to its end; return what is kept. Raises TargetFailed for every end but exit code 0."""
        end = self.process.run(ctx)
        if end.trouble:
            raise self._unstarted(end.trouble)
        if end.status is None:
            raise OutcomeUnknown(f"What guards '{self._name}' was killed, and it with that", self._kept(None))
        code = os.waitstatus_to_exitcode(end.status)
        kept = self._kept(code)
        if end.stopped:
            raise self._stopped(end, ctx, kept)
        if code < 0:
            name = _signal(-code)
            raise TargetFailed(f"'{self._name}' was killed by {name}", kept, ("signal", name))
        if code:
            raise TargetFailed(f"'{self._name}' ended with exit code {code}", kept, ("exit", f"exit_{code}"))
        return kept

    def _kept(self, code: int | None) -> dict[str, Any]:
        said = {} if code is None else ({"exit_code": code} if code >= 0 else {"signal": _signal(-code)})
        return {**said, "output": masked(self._output.text)}

    def _stopped(self, end: End, ctx: Context, kept: dict[str, Any]) -> TargetFailed:
        if ctx.execution.asked:
            return Cancelled(ctx.execution.asked, kept)
        assert end.deadline  # noqa: S101 - nothing else stops it
        return DeadlinePassed(f"Its deadline of {ctx.limit} s passed, and '{self._name}' was stopped", kept)

    def _unstarted(self, why: str) -> TargetFailed:
        return TargetFailed(f"'{self._name}' could not be started: {why}", None, ("unstarted",))


def _order(entry: Command, call: CommandCall, ctx: Context) -> dict[str, Any]:
    """Return what the guard has to know."""
    account = None if entry.user is None else pwd.getpwnam(entry.user)
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    if account is not None:
        environment |= {"HOME": account.pw_dir, "USER": account.pw_name, "LOGNAME": account.pw_name}
    environment |= entry.environment
    environment |= {
        "RUNAT_JOB_ID": str(ctx.job_id),
        "RUNAT_ATTEMPT": str(ctx.attempt),
        "RUNAT_RUN_AT": ctx.run_at.astimezone(UTC).isoformat(),
    }
    if ctx.nominal_time is not None:
        environment["RUNAT_NOMINAL_TIME"] = ctx.nominal_time.astimezone(UTC).isoformat()
    return {
        "program": entry.program,
        "arguments": [*entry.arguments, *call.arguments],
        "environment": environment,
        "folder": entry.folder,
        "user": None if account is None else [account.pw_name, account.pw_uid, account.pw_gid],
        "limits": entry.limits.model_dump(exclude_none=True),
    }


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
