"""A target's check of its arguments is its own code: whatever it raises fails the job, and says why."""

from __future__ import annotations

import sys

import pytest
from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from pydantic import BaseModel, field_validator

from jobs import checks, rules, targets
from jobs.models import Job
from jobs.states import State
from jobs.targets import loading, registry
from tests.conftest import NOW, seconds
from tests.transitions.steps import acquire

PRICES = {1: 10}


class Order(BaseModel):
    n: int

    @field_validator("n")
    @classmethod
    def _known(cls, n: int) -> int:
        if n == 4:
            raise SystemExit
        if n == 5:
            raise Unreadable
        return PRICES[n]


class Unreadable(ValueError):
    def __str__(self) -> str:
        raise OSError


class Unfinished(BaseModel):
    n: Missing  # noqa: F821


@pytest.fixture(autouse=True)
def clean_registry(monkeypatch):
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))


def register(arguments):
    def body(given) -> None: ...

    body.__annotations__["given"] = arguments
    targets.target("test.checked", arguments=arguments)(body)


BROKEN = [
    (Order, {"n": 2}, "KeyError: 2"),
    (Order, {"n": 4}, "SystemExit"),
    (Order, {"n": 5}, "OSError"),
    (Unfinished, {"n": 2}, "not fully defined"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("arguments", "payload", "why"), BROKEN)
def test_a_start_fails_with_the_reason_and_the_log_has_it(arguments, payload, why, caplog, settings):
    register(arguments)
    job = Job.objects.create(target="test.checked", payload=payload, run_at=NOW)
    job.refresh_from_db()
    assert acquire(job, now=NOW + seconds(settings.JOBS_MAX_DELAY_TIME + 1)) is None, "no worker could start it"
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert why in job.reason
    assert "mend it in the code of target 'test.checked'" in job.reason
    assert "the check of the arguments of target 'test.checked' raised" in caplog.text


@pytest.mark.parametrize(("arguments", "payload", "why"), BROKEN)
def test_a_new_job_is_refused_with_the_reason(arguments, payload, why):
    register(arguments)
    (problem,) = rules.argument_problems("test.checked", payload)
    assert why in problem


def test_arguments_that_can_never_be_checked_are_found_at_start_up():
    register(Unfinished)
    (found,) = checks.check_targets(None)
    assert found.id == "jobs.E015"
    assert "test.checked" in found.msg


def test_a_default_that_cannot_be_shown_spoils_no_form():
    class Shy:
        def __repr__(self) -> str:
            raise OSError

    @targets.target("test.shy")
    def shy(x=Shy()) -> None: ...  # noqa: B008 - a default may be anything

    assert targets.find("test.shy").usage().endswith("= ...")


@pytest.mark.parametrize(
    ("annotation", "says"),
    [("Nowhere", "cannot be read"), (object(), "cannot be checked against JSON")],
)
def test_a_signature_that_cannot_be_read_is_refused_by_name(annotation, says):
    def body(x) -> None: ...

    body.__annotations__["x"] = annotation
    with pytest.raises(ValueError, match=f"target 'test.body' {says}"):
        targets.target("test.body")(body)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x = 1\nraise KeyError('price')", r"KeyError: 'price' \(.*targets.py, line 2\)"),
        ("def (", r"SyntaxError: .*targets.py, line 1\)"),
        (
            "from __future__ import annotations\nfrom jobs.targets import target\n\n\n@target('test.x')\ndef x(a: Nowhere) -> None: ...\n",
            r"ValueError: The annotations of target 'test.x' cannot be read .*targets.py, line 5\)",
        ),
    ],
)
def test_a_targets_py_that_cannot_be_imported_stops_the_process_with_its_place(source, says, tmp_path, monkeypatch):
    package = tmp_path / "broken_shop"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "targets.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(apps, "app_configs", {"broken_shop": _app()})
    with pytest.raises(ImproperlyConfigured, match=says):
        loading.load()
    for name in ("broken_shop", "broken_shop.targets"):
        sys.modules.pop(name, None)


def _app():
    return AppConfig.create("broken_shop")
