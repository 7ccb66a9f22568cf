"""Messages that come to a worker."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class MessageReceived(Event):
    """A worker has a message of its installation."""

    logger = "celery.worker.strategy"
    level = logging.INFO
    text = "Task %(task)s[%(id)s] received"
    task: str
    id: object


@dataclass(frozen=True)
class MessageOutdated(Event):
    """A message from before a restore is dropped: what is to be done of its job is listed anew."""

    logger = "celery.worker.strategy"
    level = logging.INFO
    text = "Task %(task)s[%(id)s] is from before a restore"
    task: str
    id: object


@dataclass(frozen=True)
class MessageDropped(Event):
    """A message that is none of ours, nor of Celery's, is taken out of its queue."""

    level = logging.ERROR
    text = "a message is dropped that nobody can read (%(error)r): %(body).1000r"
    error: Exception
    body: object


@dataclass(frozen=True)
class MessagesNotAcknowledged(Event):
    """The broker was lost: it delivers them once more, and their rows are taken by then."""

    level = logging.WARNING
    text = "%(messages)d messages could not be acknowledged (%(error)r)"
    messages: int
    error: Exception


@dataclass(frozen=True)
class MessagesNotHandedBack(Event):
    """The broker was lost: it has kept them."""

    level = logging.WARNING
    text = "%(messages)d messages could not be handed back (%(error)r)"
    messages: int
    error: Exception


@dataclass(frozen=True)
class BrokerLostWhileStopping(Event):
    """A worker that stops goes on without its broker."""

    level = logging.WARNING
    text = "the broker was lost while this worker stops (%(error)r)"
    error: Exception


@dataclass(frozen=True)
class EventLoopBroke(Event):
    """Celery's event loop raised what it does not understand."""

    level = logging.ERROR
    text = "the event loop broke; connecting again"
    traceback = True
    error: Exception


@dataclass(frozen=True)
class QueueRefused(Event):
    """The broker gives the other queues, and not this one; told once a minute."""

    level = logging.ERROR
    text = (
        "the broker refuses queue '%(queue)s' (%(error)s): no jobs of it are taken here until it is deleted there, or "
        "its jobs are given another queue; trying again every %(seconds)g s"
    )
    queue: str
    error: Exception
    seconds: float


@dataclass(frozen=True)
class QueueGiven(Event):
    """A queue that was refused is taken from."""

    level = logging.INFO
    text = "the broker gives queue '%(queue)s' now: jobs of it are taken"
    queue: str
