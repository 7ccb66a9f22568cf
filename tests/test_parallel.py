"""How tests are given to two test processes."""

from pathlib import Path

import pytest

from tests.parallel import broker_of, group_of


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


def test_what_starts_processes_is_one_group_and_each_other_file_its_own():
    assert group_of("tests/integration/test_stops.py") == group_of("tests/web/test_waiting.py") == "processes"
    assert group_of("tests/publishing/test_windows.py") == "tests/publishing/test_windows.py"


def test_every_file_of_integration_tests_is_marked():
    for path in Path(__file__).parent.glob("integration/test_*.py"):
        assert group_of(str(path.relative_to(Path(__file__).parent.parent))) == "processes", path.name
