"""Ways round what is hidden: questions that tell of a value, and pages that show a row as it is."""

from __future__ import annotations

from typing import Annotated

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pydantic import SecretStr

from jobs import targets
from jobs.clock import clock
from jobs.models import Job, Trigger
from jobs.targets import Context, InvalidArguments, Secret
from jobs.transitions import triggers
from jobs.transitions.statements import words_of
from tests.rights.conftest import page_of
from tests.secrets.steps import CANARY, TOKEN, has_canary

OWN = SecretStr(TOKEN)
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["job", "schedule", "trigger"])
def test_no_list_of_the_admin_is_asked_by_what_is_secret(make_user, page):
    olga = make_user("olga", "operator", "jobs.view_trigger", "jobs.view_schedule", is_staff=True)
    for asked in ("startswith=canary", "startswith=other", "contains=c", "isnull=True"):
        answer = page_of(olga).get(f"/admin/jobs/{page}/?payload__token__{asked}")
        assert answer.status_code in (302, 400), asked
    assert page_of(olga).get(f"/admin/jobs/{page}/?name__exact=x").status_code == 200, "and by what anybody sees"


def test_a_trigger_that_is_only_looked_at_hides_it_too(make_user):
    Trigger.objects.create(name="hook", target="crm.push", payload={"token": CANARY, "note": "seen"})
    trigger = Trigger.objects.get()
    vic = make_user("vic", "viewer", "jobs.view_trigger", is_staff=True)
    answer = page_of(vic).get(f"/admin/jobs/trigger/{trigger.pk}/change/")
    assert answer.status_code == 200
    assert "seen" in answer.content.decode()
    assert not has_canary(answer.content.decode())


@pytest.mark.usefixtures("declare")
def test_whoever_calls_a_trigger_refers_to_no_secret():
    trigger = Trigger.objects.create(
        name="hook",
        target="http",
        payload={"url": "https://localhost/", "headers": {"X-Api-Key": {"$secret": "stripe"}}},
        caller_arguments=["json", "text"],
    )
    for given in (
        {"json": {"note": [{"$secret": "stripe"}]}},
        {"text": {"$secret": "stripe"}},
        {"json": {"$secret": 1}},
    ):
        with pytest.raises(ValidationError, match="may not refer to secrets"):
            triggers.fire(trigger, now=clock.now(), payload=given)
    assert not Job.objects.exists()
    fired = triggers.fire(trigger, now=clock.now(), payload={"json": {"note": "mine"}})
    assert fired.created, "the trigger's own reference stays"


@pytest.mark.parametrize("other", ["evil.example", "shop.example:8443", "", None, ["shop.example"]])
def test_an_address_that_is_no_url_is_compared_as_it_is(other):
    def deliver(host: str, token: Annotated[str, Secret]) -> None:
        """Delivers."""

    targets.target("test.deliver", address="host")(deliver)
    before = {"host": "shop.example", "token": CANARY}
    given = {"host": other, "token": "<hidden>"}
    assert targets.kept("test.deliver", given, before) == given, "it does not go along"
    assert targets.goes_elsewhere("test.deliver", before, given)
    assert targets.kept("test.deliver", {**before, "token": "<hidden>"}, before) == before


def test_an_address_is_an_argument():
    def deliver(url: str) -> None:
        """Delivers."""

    with pytest.raises(ValueError, match="has no argument 'ulr' that could be its address"):
        targets.target("test.deliver", address="ulr")(deliver)
    assert targets.known("test.deliver") is None


def test_a_default_that_is_secret_is_shown_to_nobody(make_user):
    def deliver(ctx: Context, token: Annotated[str, Secret] = CANARY, own: SecretStr = OWN, n: int = 7) -> str:
        """Delivers."""
        return f"with {token} and {own.get_secret_value()}"

    targets.target("test.deliver")(deliver)
    found = targets.find("test.deliver")
    assert found.usage() == "token: str = '<hidden>', own: SecretStr = '<hidden>', n: int = 7"
    assert not has_canary(found.json_schema())
    assert found.json_schema()["properties"]["n"]["default"] == 7
    client = page_of(make_user("olga", "operator"))
    for address in ("/jobs/new/?target=test.deliver", "/api/v1/targets/test.deliver/"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert not has_canary(answer.content.decode()), address
    with pytest.raises(InvalidArguments) as refused:
        found.check({"other": 1})
    assert not has_canary(refused.value)
    context = Context(job_id=1, attempt=1, run_at=clock.now())
    assert context.execution.clean(found.bind({}, context)()) == "with ******** and ********"


def test_the_words_of_the_database_have_no_row_in_them():
    Job.objects.create(target="crm.push", payload={"token": CANARY}, run_at=clock.now())
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Job.objects.update(finished_at=clock.now())
    assert has_canary(refused.value), "it has the row"
    assert words_of(refused.value).endswith('violates check constraint "jobs_pending_is_untouched"')
    assert words_of(OSError(5, "lost")) == "OSError(5, 'lost')"
