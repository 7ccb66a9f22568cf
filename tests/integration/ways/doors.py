"""Ways to a live installation, each as a client has its verbs (jobs/client/cli/door.py), in the words of that way."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import IO, Any

from django.conf import settings

from jobs.client import AsyncClient, Client
from jobs.client.cli import exits
from jobs.client.refused import Refused

Job = Mapping[str, Any]


class Awaited:
    """`AsyncClient`, each verb in an event loop of its own."""

    def __init__(self, url: str, token: str) -> None:
        self._make = partial(AsyncClient, url, token)

    def jobs(self, q: str = "") -> list[Job]:
        async def all_of_them(client: AsyncClient) -> list[Job]:
            return [one async for one in client.jobs(q)]

        return self._run(all_of_them)

    export = jobs

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        return lambda *args, **beside: self._run(lambda client: getattr(client, verb)(*args, **beside))

    def _run(self, ask: Callable[[AsyncClient], Any]) -> Any:
        async def asked() -> Any:
            async with self._make() as client:
                return await ask(client)

        return asyncio.run(asked())


class Synchronous(Client):
    """`Client`; what it lists is all there is to export."""

    def export(self, q: str = "") -> Iterator[Job]:
        return self.jobs(q)


class Commands:
    """Command line: a process for each verb. What it creates or changes is told to it as JSON."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        self._command, self._environment = command, dict(environment)

    def job(self, job_id: int) -> Job:
        return self._one("show", job_id)

    def jobs(self, q: str = "") -> list[Job]:
        return self._said("list", *q.split())

    def export(self, q: str = "") -> list[Job]:
        return self._said("export", *q.split())

    def create(self, job: Job, *, idempotency_key: str | None = None) -> tuple[Job, bool]:
        key = ["--idempotency-key", idempotency_key] if idempotency_key else []
        return self._one("create", "--from", "-", *key, given=job), True

    def edit(self, job_id: int, changes: Job, *, version: int) -> Job:
        return self._one("edit", job_id, "--if-version", version, "--from", "-", given=changes)

    def reschedule(self, job_id: int, run_at: str) -> Job:
        return self._one("reschedule", job_id, run_at)

    def cancel(self, job_id: int, *, reason: str) -> Job:
        return self._one("cancel", job_id, "--reason", reason)

    def retry(self, job_id: int, *, reason: str) -> Job:
        return self._one("retry", job_id, "--reason", reason)

    def run_now(self, job_id: int) -> Job:
        return self._one("run-now", job_id)

    def wait(self, job_id: int, timeout: float) -> Job:
        return self._one("wait", job_id, "--timeout", timeout)

    def _one(self, *words: object, given: Job | None = None) -> Job:
        (job,) = self._said(*words, given=given)
        return job

    def _said(self, *words: object, given: Job | None = None) -> list[Job]:
        ran = subprocess.run(
            [*self._command, *map(str, words), "--json"],
            input=json.dumps(given),
            env=self._environment,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode == exits.REFUSED:
            said = json.loads(ran.stderr)
            raise Refused(said["kind"], said["detail"], said["problems"])
        if ran.returncode == exits.NOT_ENDED:
            raise TimeoutError(ran.stderr.strip())
        assert ran.returncode in (exits.DONE, exits.ENDED_OTHERWISE), ran.stderr
        return [json.loads(line) for line in ran.stdout.splitlines()]


class Process:
    """Process of the installation in which the Python calls are made (program.py)."""

    def __init__(self, environment: Mapping[str, str], log: IO[str]) -> None:
        module = f"{__package__}.program"
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            env={**environment, "DJANGO_SETTINGS_MODULE": "project.settings"},
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )

    def call(self, call: str, *args: Any, by: str | None = None, **beside: Any) -> Any:
        """Return what the call returns, or raise what it raises. `by`: the user for whom it is made."""
        asks, says = self._process.stdin, self._process.stdout
        assert asks
        assert says
        asks.write(f"{json.dumps({'call': call, 'args': args, 'beside': beside, 'by': by})}\n")
        asks.flush()
        line = says.readline()
        assert line, "the program has ended: see its log"
        answer = json.loads(line)
        if "refused" in answer:
            raise Refused(*answer["refused"])
        if "timeout" in answer:
            raise TimeoutError(answer["timeout"])
        return answer["said"]

    def close(self) -> None:
        """End it: nothing more is asked."""
        self._process.communicate(timeout=60)


class Called:
    """`from jobs import schedule`, and the others."""

    prefix = ""

    def __init__(self, process: Process, by: str) -> None:
        self._call = partial(process.call, by=by)

    def create(self, job: Job, *, idempotency_key: str | None = None) -> tuple[Job, bool]:
        made = self._call(f"{self.prefix}create", job, idempotency_key=idempotency_key)
        return made, made["created"]

    def create_many(self, jobs: list[Job]) -> list[int]:
        ids: list[int] = self._call(f"{self.prefix}create_many", jobs)
        return ids

    def reschedule(self, job_id: int, run_at: str) -> Job:
        return self._of("reschedule", job_id, run_at)

    def cancel(self, job_id: int, *, reason: str) -> Job:
        return self._of("cancel", job_id, reason)

    def wait(self, job_id: int, timeout: float) -> Job:
        return self._of("wait", job_id, timeout)

    def _of(self, call: str, *args: Any) -> Job:
        job: Job = self._call(f"{self.prefix}{call}", *args)
        return job


class CalledHere(Called):
    """The same, with what has no coroutine."""

    def job(self, job_id: int) -> Job:
        return self._of("job", job_id)


class CalledFromCoroutines(Called):
    """`aschedule`, `acancel`, `await_job`."""

    prefix = "await "
