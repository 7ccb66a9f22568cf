"""How tests are given to test processes."""

from collections import OrderedDict
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import parallel
from tests.parallel import ProcessesApart, broker_of, give_way, group_of


@pytest.mark.parametrize(
    ("url", "worker", "expected"),
    [
        ("redis://127.0.0.1:6379/0", "gw0", "redis://127.0.0.1:6379/1"),
        ("redis://127.0.0.1:6379/3", "gw1", "redis://127.0.0.1:6379/5"),
        ("redis://127.0.0.1:6379/0", "", "redis://127.0.0.1:6379/0"),
        ("amqp://guest@127.0.0.1//", "gw1", "amqp://guest@127.0.0.1//"),
    ],
)
def test_each_has_its_own_numbers_on_redis(url, worker, expected):
    assert broker_of(url, worker) == expected


def test_what_starts_processes_is_two_groups_and_each_other_file_its_own():
    assert group_of("tests/web/test_waiting.py") == group_of("tests/launcher/test_run.py") == "processes"
    assert group_of("tests/publishing/test_windows.py") == "tests/publishing/test_windows.py"


def test_every_file_of_integration_tests_is_marked():
    for path in Path(__file__).parent.glob("integration/test_*.py"):
        assert group_of(str(path.relative_to(Path(__file__).parent.parent))) == "timed processes", path.name


def test_timed_processes_are_given_first_and_other_processes_next():
    scheduler = ProcessesApart.__new__(ProcessesApart)
    scheduler.workqueue = OrderedDict.fromkeys(
        ["processes", "tests/test_rules.py", "timed processes", "tests/test_env.py"]
    )
    given = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            LoadScopeScheduling,
            "_assign_work_unit",
            lambda self, node: given.append(self.workqueue.popitem(last=False)[0]),
        )
        while scheduler.workqueue:
            scheduler._assign_work_unit("gw0")
    assert given == ["timed processes", "processes", "tests/test_rules.py", "tests/test_env.py"]


def test_each_gives_way_as_its_group_does_and_never_goes_back(monkeypatch):
    level = [0]

    def nice(more):
        level[0] += more
        return level[0]

    monkeypatch.setattr(parallel.os, "nice", nice)
    seen = []
    for group in ("timed processes", "processes", "processes", "tests/test_rules.py", "timed processes"):
        give_way(group)
        seen.append(level[0])
    assert seen == [0, 5, 5, 10, 10]
