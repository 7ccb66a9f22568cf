import logging

import pytest

from jobs import targets
from jobs.targets import registry


@pytest.fixture
def clean_registry(monkeypatch):
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))


def test_the_built_in_ones_are_registered():
    assert {"demo.fail", "demo.log", "demo.noop", "demo.sleep"} <= set(targets.names())


def test_a_signature_says_which_arguments_it_takes(clean_registry):
    @targets.target("t.mixed")
    def mixed(a: int, b: list[str] | None = None, *, c: bool = False) -> None:
        """Mixes.

        And more."""

    found = targets.find("t.mixed")
    assert found.summary == "Mixes."
    assert found.check({"a": 1, "b": ["x"]}) == {"a": 1, "b": ["x"]}
    with pytest.raises(targets.InvalidArguments) as wrong:
        found.check({"b": [1], "c": "yes", "d": 1})
    assert [p.split("'")[1] for p in wrong.value.problems] == ["a", "b.0", "c", "d"]


def test_defaults_are_left_to_the_callable():
    assert targets.find("demo.sleep").check({}) == {}


def test_arguments_without_annotation_take_anything(clean_registry):
    @targets.target("t.any")
    def anything(x) -> None: ...

    assert targets.find("t.any").check({"x": [None]}) == {"x": [None]}
    assert targets.find("t.any").usage() == "x: Any"
    assert targets.find("demo.noop").usage() == "no arguments"


def test_a_name_belongs_to_one_function(clean_registry):
    with pytest.raises(ValueError, match="Two functions"):
        targets.target("demo.sleep")(lambda: None)


def test_arguments_that_json_cannot_name_are_refused(clean_registry):
    with pytest.raises(ValueError, match="named arguments only"):
        targets.target("t.star")(lambda *args: None)


@pytest.mark.parametrize("payload", ["text", 1, 1.5, True, None, [1]])
def test_only_an_object_is_a_payload(payload):
    with pytest.raises(targets.InvalidArguments, match="must be a JSON object"):
        targets.find("demo.noop").check(payload)


def test_what_the_built_in_ones_do(caplog, monkeypatch):
    slept = []
    monkeypatch.setattr("time.sleep", slept.append)
    targets.demo.sleep(0.5)
    assert slept == [0.5]
    monkeypatch.setattr(logging.getLogger("jobs"), "propagate", True)
    with caplog.at_level("INFO"):
        targets.demo.write_log("hello %s")
    assert "hello %s" in caplog.text
    with pytest.raises(targets.demo.DemoFailure, match="boom"):
        targets.demo.fail("boom")
    assert targets.demo.noop() is None
