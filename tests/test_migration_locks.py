"""Migrations wait for a lock of a busy table for less than a second: whoever comes after them waits as long."""

import re
from pathlib import Path

import pytest

from jobs import migrations

FILES = sorted(Path(migrations.__path__[0]).glob("0*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_migration_waits_longer(path):
    assert set(re.findall(r"lock_timeout = ('\w+')", path.read_text())) <= {"'800ms'"}
