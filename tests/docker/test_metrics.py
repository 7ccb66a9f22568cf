"""docker/metrics: what it asks Prometheus can be parsed, and is about metrics that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml

from jobs.forecast.need import WINDOWS
from jobs.lateness import LateCause
from jobs.metrics.bounds import OTHER
from jobs.metrics.table import BY_NAME, Kind
from jobs.monitor import late_figures
from tests.docker.conftest import TOP

FOLDER = TOP / "docker" / "metrics"
OF_PROMETHEUS = {"up": {"job"}}
ADDED = {"job", "instance"}  # by Prometheus to what it scrapes
VALUES = {"window": set(WINDOWS), "by": {"mean", "p95"}, "outcome": {"completed", "failed", "interrupted"}}
CAUSES = {"runat_jobs_late": set(LateCause.values), "runat_jobs_missed": {*late_figures.MISSED, OTHER}}

RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
KEDA: dict[str, Any] = yaml.safe_load((FOLDER / "keda.yaml").read_text())
TRIGGER = KEDA["spec"]["triggers"][0]["metadata"]


def of_dashboard() -> Iterator[str]:
    """Each expression, with Grafana's variables filled in."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield target["expr"].replace("$__rate_interval", "5m").replace("$queue", ".*")


EXPRESSIONS = [*(rule["expr"] for rule in RULES), *of_dashboard(), TRIGGER["query"]]


def parts(node: Any) -> Iterator[Any]:
    """The expression and all that are in it."""
    yield node
    inner = [getattr(node, name, None) for name in ("lhs", "rhs", "expr", "vector_selector")]
    inner += getattr(node, "args", None) or []
    for one in inner:
        if one is not None and not isinstance(one, str):
            yield from parts(one)


def series(name: str) -> tuple[str, set[str]]:
    """The metric of this name of a series, and the labels that the series has."""
    if name in OF_PROMETHEUS:
        return name, OF_PROMETHEUS[name] | ADDED
    for end in ("_bucket", "_sum", "_count"):
        metric = BY_NAME.get(name.removesuffix(end))
        if name.endswith(end) and metric is not None and metric.kind is Kind.HISTOGRAM:
            return metric.name, {*metric.labels, *ADDED, *(["le"] if end == "_bucket" else [])}
    metric = BY_NAME[name]
    assert metric.kind is not Kind.HISTOGRAM, f"{name} is a histogram: it has no series of its own name"
    return name, {*metric.labels, *ADDED}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_it_is_about_metrics_and_labels_that_there_are(text):
    selectors = [one for one in parts(promql_parser.parse(text)) if isinstance(one, promql_parser.VectorSelector)]
    assert selectors
    labels = set()
    for one in selectors:
        _, its = series(one.name)
        labels |= its
        for matcher in one.matchers.matchers:
            assert matcher.name in its, f"{one.name} has no label {matcher.name}"
            if matcher.name in VALUES:
                assert matcher.value in VALUES[matcher.name]
            if one.name in CAUSES:
                assert set(matcher.value.split("|")) <= CAUSES[one.name]
    for names in re.findall(r"\b(?:by|on) \(([^)]*)\)", text):
        assert {name.strip() for name in names.split(",")} <= labels


def test_a_counter_is_asked_for_its_rate_only():
    for text in EXPRESSIONS:
        for name in re.findall(r"\brunat_\w+_total\b", text):
            assert len(re.findall(rf"(?:rate|increase)\({name}(?:{{[^}}]*}})?\[", text)) == text.count(name), text


def test_an_alert_says_what_is_and_what_to_do():
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names) >= 15
    for rule in RULES:
        assert rule["labels"]["severity"] in ("info", "warning", "critical")
        assert re.fullmatch(r"\d+[smh]", rule["for"])
        for said in (rule["annotations"]["summary"], rule["annotations"]["action"]):
            assert said.endswith("."), said
        labels = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        kept = set(re.findall(r"by \((\w+)\)", rule["expr"])) | set(re.findall(r"by \(le, (\w+)\)", rule["expr"]))
        assert labels <= kept, rule["alert"]


def test_the_panels_do_not_cover_each_other():
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert all(x < 24 for x, _ in cells)
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_keda_scales_by_the_slots_of_a_worker(services):
    command = services["worker"]["command"]
    assert f"--concurrency={TRIGGER['threshold']}" in command
    assert "runat_slots_needed" in TRIGGER["query"]


def test_prometheus_scrapes_our_services_where_they_answer(services, raw, example):
    told = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
    jobs = {job["job_name"]: job for job in told["scrape_configs"]}
    port = int(re.findall(r"^#JOBS_METRICS_PORT=(\d+)$", example, re.MULTILINE)[0])
    for name in ("beat", "worker"):
        (found,) = jobs[f"runat-{name}"]["dns_sd_configs"]
        assert (found["names"], found["port"]) == ([name], port)
        assert name in services
    assert jobs["runat-web"]["static_configs"] == [{"targets": ["web:8000"]}]
    assert "web" in services["web"]["environment"]["ALLOWED_HOSTS"].split(",")
    mounted = {volume.split(":")[1] for volume in services["prometheus"]["volumes"]}
    assert set(told["rule_files"]) <= mounted
    assert raw["services"]["prometheus"]["profiles"] == ["metrics"]
