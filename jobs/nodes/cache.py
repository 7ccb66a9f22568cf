"""The latest reading of each worker, where all can read it: in the Valkey or Redis that is the broker.

With RabbitMQ there is no such place: what is shown then is the table's, a heartbeat old. Nothing depends on the cache:
a worker decides by its own memory.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from celery import current_app
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.breaker import Breaker
from jobs.events import emit
from jobs.events.nodes import ReadingsCacheAway, ReadingUnclear
from jobs.nodes.metrics import Reading

if TYPE_CHECKING:
    from jobs.models import Worker

KEY = "runat:node:"  # and the session
KEPT_FOR = 5  # seconds: whoever is silent for longer is not shown as he was
PATIENCE = 0.5  # seconds for any one answer
ASK_AGAIN_AFTER = 5.0  # seconds


@dataclass(frozen=True)
class Vitals:
    """The state of a worker. `at` is in seconds since the epoch, on the database's clock."""

    at: float
    reading: Reading
    running: int = 0
    refusing: str = ""


class NodeCache:
    """Never raises, and never waits long: a cache that is away is left alone for ASK_AGAIN_AFTER."""

    def __init__(self, url: str = "") -> None:
        """Make it. `url` is the broker's, unless another is named."""
        self._url = url
        self._client: Any = None
        self._breaker = Breaker(ASK_AGAIN_AFTER)

    def put(self, session: uuid.UUID, vitals: Vitals) -> None:
        """Write the state of this session, with one SET that expires."""
        text = json.dumps(asdict(vitals))
        self._ask(lambda client: client.set(f"{KEY}{session}", text, ex=KEPT_FOR))

    def read(self, sessions: Iterable[uuid.UUID]) -> dict[uuid.UUID, Vitals]:
        """Return the states of these sessions, with one MGET: only of those that have said something lately."""
        wanted = list(sessions)
        texts = self._ask(lambda client: client.mget([f"{KEY}{session}" for session in wanted])) if wanted else None
        found = {session: _vitals(text) for session, text in zip(wanted, texts or [], strict=False) if text}
        return {session: vitals for session, vitals in found.items() if vitals is not None}

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _ask(self, question: Any) -> Any:
        if self._breaker.open:
            return None
        try:
            if self._client is None:
                self._client = self._connect()
            return question(self._client) if self._client else None
        except (RedisError, OSError, ValueError) as error:
            emit(ReadingsCacheAway(error))
            self._breaker.trip()
            return None

    def _connect(self) -> Any:
        url = self._url or str(current_app.conf.broker_url)
        if not url.startswith("redis"):
            return None
        once_more = Retry(NoBackoff(), 1)  # a connection that the server has closed meanwhile
        return Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=once_more)


def _vitals(text: bytes) -> Vitals | None:
    try:
        said = json.loads(text)
        return Vitals(**{**said, "reading": Reading(**said["reading"])})
    except (ValueError, TypeError, KeyError) as error:  # of another release
        emit(ReadingUnclear(error))
        return None


def fresher(worker: Worker, cached: Vitals | None) -> Vitals:
    """Return what the cache says of the worker, or the row if its heartbeat is later."""
    at = worker.heartbeat_at.timestamp()
    if cached is not None and cached.at > at:
        return cached
    reading = Reading(worker.cpu, worker.memory, worker.load, worker.gpu, worker.gpu_memory)
    return Vitals(at, reading, worker.running, worker.refusing)


cache = NodeCache()
