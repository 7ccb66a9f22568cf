"""Targets to try the platform with."""

import logging
import time
from typing import Annotated

from pydantic import Field

from jobs.targets.registry import target

log = logging.getLogger(__name__)


class DemoFailure(Exception):
    """Failure of demo.fail."""


@target("demo.noop")
def noop() -> None:
    """Does nothing."""


@target("demo.sleep")
def sleep(seconds: Annotated[float, Field(ge=0, le=86400)] = 0.083) -> None:
    """Sleeps for some seconds."""
    time.sleep(seconds)


@target("demo.log")
def write_log(message: str) -> None:
    """Writes a line to the worker's log."""
    log.info("%s", message)


@target("demo.fail")
def fail(message: str = "demo.fail was asked to fail") -> None:
    """Raises an error, so that you can see what a failed job looks like."""
    raise DemoFailure(message)
