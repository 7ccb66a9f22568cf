import sys
from datetime import UTC, datetime, timedelta

import pytest

from jobs import targets
from jobs.clock import clock
from jobs.commands import parsed
from jobs.targets import Context

RUN_AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
NOMINAL = datetime(2026, 11, 28, 11, 30, tzinfo=UTC)


@pytest.fixture
def named(settings):
    """Names commands as an operator would."""

    def name(**entries):
        settings.JOBS_COMMANDS = parsed(entries)

    return name


@pytest.fixture
def program(named):
    """Has the command `p` be a Python program of this text, and returns what runs it."""

    def make(text, context=None, payload=None, **entry):
        entry = {"program": sys.executable, "arguments": ["-I", "-S", "-c", text], **entry}
        named(p=entry)
        context = context or start()
        call = targets.find("command").bind({"command": "p", **(payload or {})}, context)
        call.load()
        return call

    return make


def start(seconds=None, nominal=None):
    """Returns a start, whose deadline passes in so many seconds."""
    deadline = None if seconds is None else clock.now() + timedelta(seconds=seconds)
    return Context(7, 2, RUN_AT, deadline=deadline, limit=seconds, nominal_time=nominal)
