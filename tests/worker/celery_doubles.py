"""What Celery and kombu give a worker, as far as ours asks for it. A call that the real one would not take fails."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any, TypeVar

import billiard.pool
import celery.worker.consumer
import kombu
import kombu.common
import kombu.message
from celery.bootsteps import RUN
from celery.concurrency.prefork import TaskPool
from kombu.asynchronous import hub, timer

LATER = "2040-01-01T00:00:00+00:00"
OF_A_TEST = "_of_a_test"  # a method that the real one does not have, by which a test plays the rest of it

Double = TypeVar("Double", bound=type)
Method = TypeVar("Method", bound=Callable[..., Any])


def like(real: type) -> Callable[[Double], Double]:
    """A double of that class: each of its methods is one of the real class, and takes what that takes."""

    def check(double: Double) -> Double:
        for name, method in list(vars(double).items()):
            if inspect.isfunction(method) and not name.startswith("__") and not hasattr(method, OF_A_TEST):
                setattr(double, name, _taking(method, inspect.signature(getattr(real, name))))
        return double

    return check


def _taking(method: Callable[..., Any], signature: inspect.Signature) -> Callable[..., Any]:
    @wraps(method)
    def checked(*args: Any, **options: Any) -> Any:
        signature.bind(*args, **options)
        return method(*args, **options)

    return checked


def of_a_test(method: Method) -> Method:
    setattr(method, OF_A_TEST, True)
    return method


@like(kombu.message.Message)
class Message:
    def __init__(self, args: Any = (7, 1), eta: str | None = LATER, **headers: Any) -> None:
        self.body = json.dumps([list(args), {}, {}])
        self.channel = None
        self.headers = {"id": "job-7-v1-1", "eta": eta, **headers}
        self.delivery_info = {"routing_key": "slow"}
        self.acknowledged = self.handed_back = 0

    def ack(self) -> None:
        self.acknowledged += 1

    def reject(self, requeue: bool) -> None:
        assert requeue
        self.handed_back += 1


@like(kombu.common.QoS)
class Qos:
    def __init__(self) -> None:
        self.value, self.changes = 5, 0

    def increment_eventually(self, n: int) -> None:
        self.value, self.changes = self.value + n, self.changes + 1

    def decrement_eventually(self, n: int) -> None:
        self.value, self.changes = self.value - n, self.changes + 1


@like(kombu.Consumer)
class TaskConsumer:
    channel = None

    def __init__(self) -> None:
        self.did: list[str] = []

    def consume(self) -> None:
        self.did.append("consume")

    def cancel(self) -> None:
        self.did.append("cancel")


@like(timer.Timer)
class Timer:
    def __init__(self) -> None:
        self.calls: list[Any] = []

    def call_after(self, secs: float, fun: Callable[..., Any], args: Any) -> None:
        self.calls.append((secs, fun, args))

    @of_a_test
    def fire(self) -> None:
        calls, self.calls = self.calls, []
        for _, callback, args in calls:
            callback(*args)


@like(celery.worker.consumer.Consumer)
class Consumer:
    connection_errors = (OSError,)
    hostname = "w1@test"

    def __init__(self) -> None:
        self.timer, self.qos, self.task_consumer = Timer(), Qos(), TaskConsumer()
        self.soon: list[Callable[[], None]] = []
        self.blueprint = SimpleNamespace(state=RUN)

    def call_soon(self, p: Callable[[], None]) -> None:
        self.soon.append(p)

    @of_a_test
    def turn(self) -> None:
        """One turn of the event loop."""
        soon, self.soon = self.soon, []
        for callback in soon:
            callback()


@like(TaskPool)
class Pool:
    """A pool of processes. What is given reaches billiard's pool with the same callbacks."""

    def __init__(self) -> None:
        self.given: list[tuple[Any, dict[str, Any]]] = []

    def apply_async(self, target: Any, args: Any, **callbacks: Any) -> None:
        inspect.signature(billiard.pool.Pool.apply_async).bind(self, target, args, **callbacks)
        self.given.append((args, callbacks))

    @of_a_test
    def callback(self, name: str, *args: Any, number: int = 0) -> None:
        """What the pool says of one that was given to it."""
        self.given[number][1][name](*args)


@like(timer.Entry)
class Entry:
    cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


@like(hub.Hub)
class Hub:
    """An event loop. Children of its pool accept what they were given when it turns; it reads the broker's connection
    by a callback that asks to be called again."""

    def __init__(self, pool: Pool | None = None) -> None:
        self.pool = pool or Pool()
        self.soon: list[Callable[[], None]] = []
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.entries: list[Entry] = []
        self.ready = {self.read}

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.soon.append(callback)

    def call_later(self, delay: float, callback: Callable[[], None]) -> Entry:
        self.later.append((delay, callback))
        self.entries.append(Entry())
        return self.entries[-1]

    def create_loop(self) -> Any:
        while True:
            for number in range(len(self.pool.given)):
                self.pool.callback("accept_callback", 1, 0.0, number=number)
            yield

    def _pop_ready(self) -> set[Callable[[], None]]:
        ready, self.ready = self.ready, set()
        return ready

    @of_a_test
    def read(self) -> None:
        raise OSError("Socket was disconnected")

    @of_a_test
    def run(self) -> None:
        while self.soon:
            self.soon.pop(0)()
