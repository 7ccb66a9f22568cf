import pytest

from jobs import targets
from jobs.targets import registry


@pytest.fixture
def body(monkeypatch):
    """Register a target whose body is a function of the test."""
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    def register(function):
        targets.target("test.body")(function)
        return "test.body"

    return register
