"""Test processes at a time share PostgreSQL and the broker, not what they keep there.

pytest-django gives each its own database; this gives each its own database number on Redis/Valkey, and tests that start
processes to one of them. Loaded with `-p tests.parallel`, so that it comes before Django reads the environment.
"""

import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent.parent


def broker_of(url: str, worker: str) -> str:
    """The same broker, with a database number of this test process: `gw0` adds 1, `gw1` adds 2 ..."""
    parts = urlsplit(url)
    if not parts.scheme.startswith("redis") or not worker.startswith("gw"):
        return url
    number = int(parts.path.strip("/") or 0) + 1 + int(worker.removeprefix("gw"))
    return urlunsplit(parts._replace(path=f"/{number % 16}"))


if "BROKER_URL" in os.environ:
    os.environ["BROKER_URL"] = broker_of(os.environ["BROKER_URL"], os.environ.get("PYTEST_XDIST_WORKER", ""))


TIMED = "tests/integration/"  # of which many say when jobs are to start
STARTS_PROCESSES = re.compile(r"\bmark\.(processes|launcher|browser)\b")


@cache
def group_of(path: str) -> str:
    """A test file is a group of its own; all files with tests that start processes are two: those that say when jobs
    are to start, and the others. Two clusters at once on two cores are late for reasons that no test is about."""
    if not STARTS_PROCESSES.search((ROOT / path).read_text()):
        return path
    return "timed processes" if path.startswith(TIMED) else "processes"


GIVES_WAY = {"timed processes": 0, "processes": 5}  # as `nice` counts; the others
OTHERS_GIVE_WAY = 10


def give_way(group: str) -> None:
    """Let this test process compute only when the timed processes leave a core free, and the other processes another: one
    way, since nobody but root can go back. So a third test process fills the time in which those wait, and makes no job
    late."""
    more = GIVES_WAY.get(group, OTHERS_GIVE_WAY) - os.nice(0)
    if more > 0:
        os.nice(more)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        give_way(group_of(item.nodeid.partition("::")[0]))


class ProcessesApart(LoadScopeScheduling):
    """Gives a group to one test process at a time, the two that start processes first: they take longest, and leave one
    core for the others, which were done long before them otherwise. (`--dist loadgroup` would do, and gives no group to
    anybody with pytest 9.2: xdist 3.8 writes it to a name that pytest no longer reads.)"""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])

    def _assign_work_unit(self, node: Any) -> None:
        for group in ("processes", "timed processes"):
            if group in self.workqueue:
                self.workqueue.move_to_end(group, last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ProcessesApart:
    return ProcessesApart(config, log)
