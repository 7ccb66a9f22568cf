"""docs/deployment.md names every variable, with the default and the limits of project/env.py."""

from __future__ import annotations

import re

from tests.docker.conftest import TOP


def test_the_table_is_the_contract(contract):
    text = (TOP / "docs" / "deployment.md").read_text()
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", text, re.MULTILINE))
    assert set(contract) <= set(rows)
    for name, limits in contract.items():
        if limits is not None:
            default, low, high = limits
            assert rows[name].startswith(f"{default:g} | {low:g} to {high:g} |"), name
