"""`jobs.schedule`: the fields of REST, by Python's values."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

import jobs
from jobs import JobHandle, Refused, acting_as, rules, schedule, schedule_many
from jobs.models import Job
from jobs.python.fields import JobFields
from jobs.states import IfLate, Overlap, State
from tests.python.conftest import ahead

pytestmark = pytest.mark.django_db


def test_a_job_is_created_as_it_was_asked_for():
    at = ahead()
    handle = schedule("demo.sleep", {"seconds": 0.1}, run_at=at, queue="q", name="n", labels={"team": "x"})
    job = Job.objects.get(pk=handle.id)
    assert (job.target, job.payload, job.run_at) == ("demo.sleep", {"seconds": Decimal("0.1")}, at)
    assert (job.queue, job.name, job.labels, job.created_by) == ("q", "n", {"team": "x"}, None)
    assert (handle.state, handle.created, handle.run_at, handle.target) == (State.PENDING, True, at, "demo.sleep")


def test_every_field_of_a_new_job_can_be_given():
    first = schedule("demo.noop", run_at=ahead())
    given: dict[str, Any] = {
        "run_at": ahead(),
        "name": "n",
        "queue": "q",
        "labels": {"a": "b"},
        "rerunnable": True,
        "max_attempts": 3,
        "retry_on": ("failure", "5xx"),
        "start_within": 60,
        "deadline": 30,
        "if_late": IfLate.HOLD,
        "key": "k",
        "key_limit": 2,
        "overlap": Overlap.SKIP,
        "calendar": None,
        "blackout": "next",
        "waits_for": {first},
        "waits_for_end": "any",
    }
    assert {*given, "target", "payload"} == set(rules.ASKED)
    job = Job.objects.get(pk=schedule("demo.noop", {}, **given).id)
    for name, value in given.items():
        if name not in ("waits_for", "calendar"):
            kept = getattr(job, name)
            assert kept == (list(value) if name == "retry_on" else value), name
    assert list(job.dependencies.values_list("waits_for_id", flat=True)) == [first.id]


def test_type_checkers_know_the_fields_that_the_rules_have():
    assert set(get_type_hints(JobFields)) == set(rules.ASKED) - {"target", "payload"}


@pytest.mark.parametrize("when", [{}, {"run_at": "now"}])
def test_no_time_is_now(when):
    before = ahead(-1)
    assert before < schedule("demo.noop", **when).run_at < ahead(1)


def test_a_time_may_be_text():
    assert schedule("demo.noop", run_at="2099-01-01T00:00:00+01:00").run_at == datetime.fromisoformat(
        "2098-12-31T23:00:00Z"
    )


def test_a_payload_is_kept_as_its_json():
    class Point(BaseModel):
        x: int

    payload = {"message": "hello"}
    assert Job.objects.get(pk=schedule("demo.log", payload).id).payload == payload
    with pytest.raises(Refused) as refused:
        schedule("demo.log", {"message": Point(x=1)})
    assert "'message' is wrong" in refused.value.problems["payload"][0]


def test_what_is_no_json_is_refused():
    with pytest.raises(Refused) as refused:
        schedule("demo.log", {"message": ahead()})
    assert refused.value.problems == {
        "payload": [
            "This is not JSON: datetime is none of its values. Give text, numbers, truth values, lists and objects "
            "with texts as names."
        ]
    }
    assert refused.value.kind == "invalid"
    with pytest.raises(Refused) as refused:
        schedule_many([{"target": "demo.log", "payload": {"message": object()}}])
    assert list(refused.value.problems) == ["jobs.0.payload"]


def test_all_mistakes_are_told_at_once_and_nothing_is_created():
    with pytest.raises(Refused) as refused:
        schedule("demo.slep", run_at=datetime(2099, 1, 1), queue="a b")  # noqa: DTZ001
    assert set(refused.value.problems) == {"target", "run_at", "queue"}
    assert "has no zone" in refused.value.problems["run_at"][0]
    assert "Did you mean 'demo.sleep'?" in str(refused.value)
    assert not Job.objects.exists()


def test_a_refusal_can_be_sent_to_another_process():
    with pytest.raises(Refused) as refused:
        schedule("demo.slep")
    again = pickle.loads(pickle.dumps(refused.value))  # noqa: S301 - made in the line before
    assert (again.kind, again.problems, str(again)) == ("invalid", refused.value.problems, str(refused.value))


def test_a_name_that_no_field_has_is_refused():
    with pytest.raises(Refused) as refused:
        schedule("demo.noop", priority=3)  # type: ignore[call-arg]
    assert "known are: target, run_at" in refused.value.problems["priority"][0]


def test_the_same_idempotency_key_creates_once():
    at = ahead()
    first = schedule("demo.noop", run_at=at, idempotency_key="november")
    again = schedule("demo.noop", run_at=at, idempotency_key="november")
    assert (again.id, first.created, again.created) == (first.id, True, False)
    with pytest.raises(Refused) as refused:
        schedule("demo.noop", run_at=at + timedelta(1), idempotency_key="november")
    assert refused.value.kind == "key-reused"
    assert Job.objects.count() == 1


def test_many_with_the_same_idempotency_key_are_created_once():
    asked = [{"target": "demo.noop", "run_at": ahead()} for _ in range(3)]
    ids = schedule_many(asked, idempotency_key="n")
    assert schedule_many(asked, idempotency_key="n") == ids
    assert len(ids) == Job.objects.count() == 3


def test_many_are_created_together_or_none_is():
    good = {"target": "demo.sleep", "payload": {"seconds": 1}, "run_at": ahead()}
    ids = schedule_many([{**good, "name": str(n)} for n in range(5)])
    assert [Job.objects.get(pk=pk).name for pk in ids] == ["0", "1", "2", "3", "4"]
    with pytest.raises(Refused) as refused:
        schedule_many([good, {**good, "payload": {"secs": 1}}, 7])  # type: ignore[list-item]
    assert set(refused.value.problems) == {"jobs.1.payload", "jobs.2.body"}
    assert Job.objects.count() == 5


def test_who_asks_is_the_creator(ada):
    with acting_as(ada):
        first, others = schedule("demo.noop"), schedule_many([{"target": "demo.noop"}])
        with acting_as(None):
            nobody = schedule("demo.noop")
    named = schedule("demo.noop", by=ada)
    found = dict(Job.objects.values_list("pk", "created_by_id"))
    assert found == {first.id: ada.pk, others[0]: ada.pk, nobody.id: None, named.id: ada.pk}


def test_one_job_costs_one_insert(django_assert_num_queries):
    schedule("demo.noop", run_at=ahead())
    # 1 savepoint of the test's transaction, 2 INSERT, 3 release
    with django_assert_num_queries(3):
        schedule("demo.noop", run_at=ahead())


def test_a_handle_is_frozen():
    handle = schedule("demo.noop")
    with pytest.raises(FrozenInstanceError):
        handle.state = State.FAILED  # type: ignore[misc]


def test_the_package_is_imported_before_apps_are_ready():
    asks = (
        "import sys, jobs; from jobs import __all__;"
        "assert not [name for name in sys.modules if name.startswith(('jobs.', 'django'))], sys.modules"
    )
    subprocess.run([sys.executable, "-c", asks], check=True)
    assert isinstance(jobs.schedule("demo.noop"), JobHandle)
    with pytest.raises(AttributeError, match="no attribute 'shedule'"):
        _ = jobs.shedule  # type: ignore[attr-defined]
