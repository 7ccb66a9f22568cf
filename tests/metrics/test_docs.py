"""docs/metrics.md has the metrics as jobs/metrics/table.py has them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from jobs.metrics.table import TABLE, Kind
from tests.metrics.rows import row

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_docs_table_is_the_list():
    shown = re.findall(r"^\| `runat_\w+` \| .+ \|$", PAGE.read_text(), re.MULTILINE)
    assert shown == [row(one) for one in TABLE]


def test_names_are_as_prometheus_wants_them():
    for one in TABLE:
        assert re.fullmatch(r"runat_[a-z0-9_]+", one.name)
        assert one.name.endswith("_total") == (one.kind is Kind.COUNTER), one.name
        assert one.name.removesuffix("_total").endswith(one.unit), one.name
        assert one.help.endswith("."), one.name
    assert Counter(one.name for one in TABLE).most_common(1)[0][1] == 1
