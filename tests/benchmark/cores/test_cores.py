import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from verification.benchmark.cores import chart
from verification.benchmark.cores.constants import USABLE, Constants, measured, recorded
from verification.benchmark.cores.simulation import best, per_second

TOLERANCE = 0.15
PLAIN = Constants(postgresql=100, worker=100, beat=2, broker=2)


@pytest.mark.parametrize("point", recorded(), ids=lambda point: point.name)
def test_the_model_says_what_was_measured(point):
    says = per_second(point.constants, cores=point.cores, workers=point.workers)
    assert says == pytest.approx(point.per_second, rel=TOLERANCE)


def test_one_worker_never_does_more_than_one_interpreter_can():
    """However many cores there are."""
    found = per_second(PLAIN, cores=64, workers=1)
    assert found <= 1e6 / PLAIN.worker * USABLE * 1.02
    assert per_second(PLAIN, cores=64, workers=4) > 3 * found


def test_all_cores_together_never_do_more_than_they_can():
    for cores in (2, 4, 8):
        rate, workers = best(PLAIN, cores=cores)
        assert rate <= cores * 1e6 / PLAIN.total * USABLE * 1.2  # what is listed before the first start is not counted
        assert workers >= cores / 2


def test_a_slow_beat_bounds_many_cores_until_others_share_its_work():
    slow = replace(PLAIN, beat=50)
    alone, together = (per_second(slow, cores=32, workers=32, beats=beats, jobs=100_000) for beats in (1, 4))
    assert alone <= 1e6 / slow.beat
    assert together > 1.5 * alone


def test_a_broker_with_one_thread_bounds_them_too():
    slow = replace(PLAIN, broker=50)
    assert per_second(slow, cores=32, workers=32) <= 1e6 / slow.broker
    assert per_second(replace(slow, broker_threads=4), cores=32, workers=32) > 1e6 / slow.broker


def test_every_commit_is_waited_for():
    """With one job a transaction a worker makes no more than one start a commit."""
    single = replace(PLAIN, batch=1, commit_s=0.01)
    assert per_second(single, cores=8, workers=1, jobs=500) <= 101
    assert per_second(replace(single, batch=100), cores=8, workers=1, jobs=500) > 1000


def test_a_drain_by_our_own_benchmark_is_a_point():
    medians = {"per_second": 3000, "messages": 0.01, "cpu_us": {"postgresql": 1, "worker": 2, "beat": 3, "broker": 4}}
    ours = {"name": "runat_valkey_1", "title": "RunAt x 1", "broker": "valkey", "instances": 1, "medians": medians}
    blind = {**ours, "medians": {**medians, "cpu_us": {"worker": 1}}}
    others = [{**ours, "name": "pgqueuer"}, {**ours, "medians": None}, blind]
    (point,) = measured({"machine": {"cores": 2}, "systems": [ours, *others]})
    assert (point.name, point.cores, point.workers, point.per_second) == ("RunAt x 1 valkey", 2, 1, 3000)
    assert point.constants == Constants(1, 2, 3, 4, bundle=100)


def test_the_picture_has_each_line_and_each_point(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(chart, "CORES", (2, 4))
    points = recorded()[1:4]
    curves = chart.lines(points)
    assert len(curves) == 4
    root = ElementTree.fromstring(chart.svg(curves, points))  # noqa: S314 - our own
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert (tags.count("polyline"), tags.count("circle")) == (4, len(points) + 1)
    chart.main(str(tmp_path / "cores.svg"))
    assert "| 2 (200) |" in capsys.readouterr().out
    figures = {"machine": {"cores": 2}, "systems": []}
    for n in (1, 2):
        cpu = {"postgresql": 100, "worker": 100, "beat": 2, "broker": 3}
        medians = {"per_second": 4000 * n, "messages": None, "cpu_us": cpu}
        system = {"name": f"runat_{n}", "title": f"x {n}", "broker": "valkey", "instances": n, "medians": medians}
        figures["systems"].append(system)
    (tmp_path / "scale.json").write_text(json.dumps(figures))
    chart.main(str(tmp_path / "cores.svg"), str(tmp_path / "scale.json"))
    assert "| x 2 valkey | 2, 2 | 8,000 |" in capsys.readouterr().out
