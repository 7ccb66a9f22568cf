"""Callers of the REST interface, as programs call it: each on one kept connection, with a token."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

from jobs import workbooks
from jobs.clock import steady
from jobs.workbooks import writing
from verification.benchmark.processes.start import RoundFailed

JOBS, BULK = "/api/v1/jobs/", "/api/v1/jobs/bulk/"
PREVIEW = f"{BULK}?preview=true"
AHEAD = timedelta(days=1)  # nothing of it is due while it is measured
PATIENCE = 300.0  # seconds for an answer
OLD_LIMIT = 1000  # jobs in a request of a build that takes no more


@dataclass(frozen=True)
class Caller:
    """Address and token of one web process."""

    port: int
    token: str

    def answers(self) -> bool:
        """Return whether the process takes requests."""
        connection = self._connection()
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def singles(self, clients: int, seconds: float) -> list[float]:
        """Create one job a request from so many clients at once; return how long each request took, in seconds. Raises
        RoundFailed."""
        until = steady() + seconds
        with ThreadPoolExecutor(clients) as pool:
            all_of_them = [pool.submit(self._one_by_one, until) for _ in range(clients)]
            return [took for one in all_of_them for took in one.result()]

    def bulk(self, form: str, jobs: int) -> tuple[float, int] | None:
        """Create so many at once in this form; return the seconds, and in how many requests. None: the build does not
        take it. Raises RoundFailed."""
        kind, written = FORMS[form]
        looks = form in LOOKED_AT
        asked = [_job(number) for number in range(jobs)]
        for most in (jobs, min(jobs, OLD_LIMIT)):
            bodies = [written(part) for part in (asked[at : at + most] for at in range(0, jobs, most))]
            began = steady()
            if looks and {self._send(PREVIEW, body, kind) for body in bodies} != {200}:
                return None
            statuses = [self._send(BULK, body, kind) for body in bodies]
            if set(statuses) == {201}:
                return steady() - began, len(bodies)
            if statuses[0] not in (400, 413):
                break
        if set(statuses) != {415}:
            raise RoundFailed(f"A bulk request was answered with {statuses[0]}.")
        return None

    def _one_by_one(self, until: float) -> list[float]:
        connection, body, took = self._connection(), json.dumps(_job(0)).encode(), []
        while (began := steady()) < until:
            status = _answered(connection, JOBS, body, self._headers("application/json"))
            if status != 201:
                raise RoundFailed(f"A job was not created: the answer was {status}.")
            took.append(steady() - began)
        connection.close()
        return took

    def _send(self, path: str, body: bytes, kind: str) -> int:
        connection = self._connection()
        try:
            return _answered(connection, path, body, self._headers(kind))
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def _headers(self, kind: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": kind}


def _answered(connection: HTTPConnection, path: str, body: bytes, headers: dict[str, str]) -> int:
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _job(number: int) -> dict[str, Any]:
    run_at = datetime.now(tz=UTC) + AHEAD + timedelta(milliseconds=number)
    return {
        "target": "demo.sleep",
        "payload": {"seconds": 0.1},
        "run_at": run_at.isoformat(),
        "name": f"benchmark {number}",
    }


def _table(jobs: Any) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["target", "payload", "run_at", "name"])
    writer.writerows([job["target"], json.dumps(job["payload"]), job["run_at"], job["name"]] for job in jobs)
    return text.getvalue().encode()


def _workbook(jobs: Any) -> bytes:
    file = io.BytesIO()
    names = ("target", "payload", "run_at", "name")
    writing.write(file, "jobs", names, ([job[name] for name in names] for job in jobs))
    return file.getvalue()


FORMS: dict[str, tuple[str, Callable[[Any], bytes]]] = {
    "JSON": ("application/json", lambda jobs: json.dumps({"jobs": list(jobs)}).encode()),
    "lines of JSON": ("application/x-ndjson", lambda jobs: "\n".join(map(json.dumps, jobs)).encode()),
    "CSV": ("text/csv", _table),
    "CSV, looked at first": ("text/csv", _table),
    "workbook, looked at first": (workbooks.KIND, _workbook),
}
# All of it is judged once before, as whoever uploads a table sees it.
LOOKED_AT = {"CSV, looked at first", "workbook, looked at first"}
