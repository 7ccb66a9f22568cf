"""Rooms of jobs/ say what happens by events; only the log of events calls a logger.

Covered: `jobs/`. Apart: `project/`, `launcher/` and `verification/`, which have no events; the demonstration targets,
whose lines are what a body says; the hook by which a worker keeps what bodies say.
"""

import ast
from pathlib import Path

import pytest

JOBS = Path(__file__).parent.parent.parent / "jobs"
APART = {"events/log.py", "targets/demo.py"}
CALLS = {"getLogger", "get_task_logger", "get_logger"}
SAYS = {
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "critical",
    "log",
    "ack_log_error",
    "reject_log_error",
}
FILES = {str(path.relative_to(JOBS)): path for path in JOBS.rglob("*.py") if "migrations" not in path.parts}


def logs(source):
    """The lines that ask for a logger, or call `logging` or something called like a logger."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in CALLS:
            found.append(node.lineno)
        elif isinstance(called, ast.Attribute):
            of = called.value.id if isinstance(called.value, ast.Name) else getattr(called.value, "attr", "")
            if (
                called.attr in CALLS
                or (called.attr in SAYS and of in {"logging", "log", "logger", "_log", "_logger"})
                or called.attr in {"ack_log_error", "reject_log_error"}
            ):
                found.append(node.lineno)
    return found


@pytest.mark.parametrize("name", sorted(FILES.keys() - APART))
def test_it_says_what_happens_by_events(name):
    assert logs(FILES[name].read_text()) == []


@pytest.mark.parametrize("name", sorted(APART))
def test_what_is_apart_does_log(name):
    assert logs(FILES[name].read_text())


@pytest.mark.parametrize(
    "line",
    [
        "log = logging.getLogger(__name__)",
        "from logging import getLogger\ngetLogger('x').info('y')",
        "logging.warning('x')",
        "log.exception('x')",
        "self._log.info('x')",
        "self.logger.error('x')",
        "message.ack_log_error(log, errors)",
        "log = get_task_logger(__name__)",
    ],
)
def test_it_sees(line):
    assert logs(line)


def test_it_sees_no_others():
    assert not logs("ctx.log('x')\nlevel = logging.INFO\nmessages.error(request, 'x')\nparser.error('x')\nmath.log(2)")
