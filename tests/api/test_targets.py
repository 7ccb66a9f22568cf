"""GET /api/v1/targets/: what jobs can start, and the JSON Schema of its arguments; the runbook there and on the pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from jobs import targets
from jobs.models import TargetRule
from jobs.targets import registry
from tests.api.conftest import Problem

URL = "/api/v1/targets/"
RUNBOOK = "https://wiki.example.com/payroll"


@pytest.fixture
def _payroll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    @targets.target("payroll.run", dangerous=True, runbook=RUNBOOK)
    def run(month: int, dry: bool = False) -> None:
        """Pays everybody.

        Once a month.
        """


@pytest.mark.usefixtures("_payroll")
def test_a_target_says_what_it_does_and_takes(api: Client) -> None:
    shown = api.get(f"{URL}payroll.run/").json()
    schema = shown.pop("arguments")
    assert shown == {
        "name": "payroll.run",
        "summary": "Pays everybody.",
        "description": "Pays everybody.\n\nOnce a month.",
        "runbook": RUNBOOK,
        "usage": "month: int, dry: bool = False",
        "approval": "always",
        "switched_off": "",
        "prepares": False,
    }
    takes = Draft202012Validator(schema).is_valid
    assert takes({"month": 1, "dry": True})
    assert not any(takes(wrong) for wrong in ({}, {"month": "1"}, {"month": 1, "year": 2026}))
    assert shown["name"] in [one["name"] for one in api.get(URL).json()]


def test_all_are_listed_with_schemas_that_say_what_is_refused(api: Client, settings: Any) -> None:
    settings.JOBS_CELERY_TASKS = ["shop.tasks.clean"]
    found = {one["name"]: one for one in api.get(URL).json()}
    assert list(found) == targets.names()
    assert "celery:shop.tasks.clean" in found
    for one in found.values():
        Draft202012Validator.check_schema(one["arguments"])
    assert found["http"]["arguments"]["properties"]["timeout"]["maximum"] == 3600
    assert found["command"]["approval"] == "by payload"
    assert (found["demo.noop"]["approval"], found["http"]["prepares"]) == ("never", True)


def test_what_the_rules_say_of_it_is_shown(api: Client) -> None:
    TargetRule.objects.create(target="demo.noop", dangerous=True, switched_off=True, reason="It is mended.")
    shown = api.get(f"{URL}demo.noop/").json()
    assert shown["approval"] == "always"
    assert "switched off (It is mended)" in shown["switched_off"]


def test_arguments_that_no_schema_describes_are_null(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise TypeError

    monkeypatch.setattr(targets.find("demo.sleep").arguments, "model_json_schema", broken)
    assert api.get(f"{URL}demo.sleep/").json()["arguments"] is None


def test_an_unknown_one_is_404_with_a_near_name(api: Client, problem: Problem) -> None:
    problem(api.get(f"{URL}demo.slep/"), 404, says="Did you mean 'demo.sleep'?")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "wiki/payroll", "https:"])
def test_a_runbook_is_a_whole_address(address: str) -> None:
    with pytest.raises(ValueError, match="must be a whole address"):
        targets.target("payroll.other", runbook=address)


@pytest.mark.usefixtures("_payroll")
@pytest.mark.parametrize("page", ["/jobs/{}/", "/admin/jobs/job/{}/change/"])
def test_the_pages_of_a_job_lead_to_its_runbook(admin_client: Client, make_job: Any, page: str) -> None:
    job = make_job(target="payroll.run", payload={"month": 1})
    shown = admin_client.get(page.format(job.pk)).content.decode()
    assert f'href="{RUNBOOK}"' in shown
    assert "Pays everybody." in shown


@pytest.mark.parametrize("page", ["/jobs/{}/", "/admin/jobs/job/{}/change/"])
def test_a_job_whose_target_is_gone_is_shown(admin_client: Client, make_job: Any, page: str) -> None:
    job = make_job()
    type(job).objects.filter(pk=job.pk).update(target="payroll.gone")
    assert "payroll.gone" in admin_client.get(page.format(job.pk)).content.decode()
