"""What others wrote is what they published, with its licence, and nothing comes from elsewhere."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "jobs" / "static" / "jobs"


@pytest.mark.parametrize("vendor", [STATIC / "vendor", ROOT / "tests" / "browser" / "vendor"])
def test_every_vendored_file_has_its_checksum(vendor):
    lines = [line.split() for line in (vendor / "CHECKSUMS").read_text().splitlines() if not line.startswith("#")]
    known = {name: digest for digest, name in lines}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in vendor.iterdir()}
    found.pop("CHECKSUMS")
    assert found == known


def test_our_own_files_load_nothing_from_elsewhere():
    for path in STATIC.glob("*.*"):
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text.replace("htmx", ""), path
