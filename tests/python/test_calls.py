"""`run_payroll.schedule(month=11, run_at=...)`: a target's own arguments, and fields of a job beside them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobs import Refused
from jobs.models import Job
from jobs.targets import Context, demo, target
from jobs.targets.registry import registered
from tests.python.conftest import ahead

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_more_targets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = dict(registered())
    yield
    for name in set(registered()) - set(before):
        registered().pop(name)  # type: ignore[attr-defined]


def test_arguments_and_fields_stand_beside_each_other():
    @target("calls.payroll")
    def payroll(context: Context, month: int, dry: bool = False) -> None: ...

    at = ahead()
    job = Job.objects.get(pk=payroll.schedule(11, dry=True, run_at=at, queue="reports", key="payroll").id)
    assert (job.target, job.payload, job.run_at) == ("calls.payroll", {"month": 11, "dry": True}, at)
    assert (job.queue, job.key) == ("reports", "payroll")


def test_a_name_that_both_have_is_the_functions():
    @target("calls.greet")
    def greet(name: str, queue: str = "x") -> None: ...

    job = Job.objects.get(pk=greet.schedule(name="ada").id)
    assert (job.payload, job.name, job.queue) == ({"name": "ada"}, "", "default")


def test_what_does_not_fit_is_refused_with_the_usage():
    with pytest.raises(Refused) as refused:
        demo.sleep.schedule(secnds=1)
    assert "'secnds' is not known: demo.sleep takes seconds" in refused.value.problems["payload"][0]
    with pytest.raises(TypeError, match=r"demo\.sleep takes seconds: float = 0\.083; 2 arguments were given"):
        demo.sleep.schedule(1, 2)


def test_the_same_key_creates_once():
    assert demo.sleep.schedule(1, idempotency_key="k").id == demo.sleep.schedule(1, idempotency_key="k").id


def test_the_function_is_as_it_was():
    assert demo.noop() is None
