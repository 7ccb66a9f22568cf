"""What a program sees of the web."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from jobs.clock import clock

Answer = tuple[int, Any, str]  # status, headers, body


class Web:
    """`address`: http://HOST:PORT."""

    def __init__(self, address: str, token: str) -> None:
        self._where = address.removeprefix("http://")
        self._token = token

    def ask(self, path: str, body: object = None) -> Answer:
        """GET, or POST with a body."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = Request(f"http://{self._where}{path}", json.dumps(body).encode() if body else None, headers)
        try:
            with urlopen(request, timeout=60) as answer:  # noqa: S310 - our own web
                return answer.status, answer.headers, answer.read().decode()
        except HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def post(self, after: float = 1.0) -> Answer:
        """Create a job that is due so many seconds from now."""
        run_at = (clock.now() + timedelta(seconds=after)).isoformat()
        return self.ask("/api/v1/jobs/", {"target": "demo.noop", "run_at": run_at})

    def post_at_once(self, times: int) -> list[Answer]:
        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(lambda n: self.post(), range(times)))
