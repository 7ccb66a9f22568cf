"""The picture of start delays, from the figures that the benchmarks write."""

import json
import xml.etree.ElementTree as ET

from verification.benchmark.report import delays_chart

SVG = "{http://www.w3.org/2000/svg}"


def test_a_comparison_has_a_line_for_each_system_that_was_measured(tmp_path):
    figures = {
        "systems": [
            {"title": "RunAt", "punctuality": {"delays_ms": [0.3, 0.1, 0.0]}},
            {"title": "slow & steady", "punctuality": {"delays_ms": [900.0, 400.0]}},
            {"title": "absent", "punctuality": None},
        ]
    }
    (tmp_path / "figures.json").write_text(json.dumps(figures))
    delays_chart.main(str(tmp_path / "figures.json"), str(tmp_path / "picture.svg"))
    root = ET.parse(tmp_path / "picture.svg").getroot()  # noqa: S314 - our own
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"RunAt", "slow & steady"} < set(texts)
    assert "absent" not in texts
    first, second = [line.get("points").split() for line in root.iter(f"{SVG}polyline")]
    assert len(first) == 4
    assert float(first[-1].split(",")[0]) < float(second[1].split(",")[0]), "the sooner is further left"


def test_one_round_is_one_line():
    assert delays_chart.series({"delays_ms": [2.0, 1.0]}) == {"RunAt": [1.0, 2.0]}


def test_no_job_at_all_is_an_empty_picture():
    assert "polyline" not in delays_chart.svg({"RunAt": []})
