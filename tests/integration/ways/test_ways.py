"""One list of what can be done to a live installation, by each way to it: the same states, and the same sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from jobs.client.refused import Refused
from tests.integration.conftest import PATIENCE, wait_for
from tests.integration.ways.conftest import WAYS, Live

pytestmark = [pytest.mark.processes, pytest.mark.django_db]

LATER = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=123456)
REST = ("client", "async-client")
COMMANDS = ("runat", "manage")
PYTHON = ("python", "async-python")


def by(*ways: str) -> Callable[[Any], Any]:
    """Do it by each of these ways; by all where none is named."""
    return pytest.mark.parametrize("way", ways or tuple(WAYS))


@pytest.fixture
def door(live: Live, way: str) -> Iterator[Any]:
    with live.door(way, "ada") as door:
        yield door


@pytest.fixture
def door_of_eve(live: Live, way: str) -> Iterator[Any]:
    """Of one who may look, and nothing else."""
    with live.door(way, "eve") as door:
        yield door


def job(**fields: Any) -> dict[str, Any]:
    return {"target": "demo.noop", "run_at": LATER.isoformat(), **fields}


def made(live: Live, **fields: Any) -> Any:
    """Return a job that is there, as REST shows it."""
    return live.client.create(job(**fields))[0]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ended(live: Live, **fields: Any) -> Any:
    """Return a job that has ended: on the worker, on its time."""
    return live.client.wait(made(live, run_at="now", **fields)["id"], PATIENCE)


@by()
def test_create(live: Live, door: Any) -> None:
    asked, key = job(name="Ada's", labels={"team": "payroll"}, deadline=5), f"key-{uuid4()}"
    first, is_new = door.create(asked, idempotency_key=key)
    assert is_new
    assert (first["target"], first["state_name"], at(first["run_at"])) == ("demo.noop", "pending", LATER)
    again, is_new = live.client.create(asked, idempotency_key=key)
    assert (again["id"], is_new) == (first["id"], False), "a key is the same by each way"
    kept = live.client.job(first["id"])
    assert (kept["name"], kept["labels"], kept["deadline"]) == ("Ada's", {"team": "payroll"}, 5)
    assert (kept["created_by"], at(kept["run_at"])) == ("ada", LATER)


@by(*REST, *PYTHON)
def test_create_many(live: Live, door: Any) -> None:
    names = [f"n{number}" for number in range(3)]
    ids = door.create_many([job(name=name) for name in names])
    assert [live.client.job(one)["name"] for one in ids] == names
    with pytest.raises(Refused) as refused:
        door.create_many([job(), job(target="demo.slep")])
    assert (refused.value.kind, list(refused.value.problems)) == ("invalid", ["jobs.1.target"])


@by(*REST, *COMMANDS, "python")
def test_show(live: Live, door: Any) -> None:
    shown = door.job(made(live)["id"])
    assert (shown["target"], shown["state_name"], at(shown["run_at"])) == ("demo.noop", "pending", LATER)
    with pytest.raises(Refused) as refused:
        door.job(2**62)
    assert (refused.value.kind, str(refused.value)) == ("not-found", f"There is no job {2**62}.")


@by(*REST, *COMMANDS)
def test_list_and_export_with_a_filter(live: Live, door: Any) -> None:
    case = uuid4().hex
    ids = [made(live, labels={"case": case})["id"] for _ in range(3)]
    live.client.cancel(ids[0])
    assert [one["id"] for one in door.jobs(f"label.case:{case} state:pending")] == [ids[2], ids[1]]
    exported = {one["id"]: one["state_name"] for one in door.export(f"label.case:{case}")}
    assert exported == {ids[0]: "cancelled", ids[1]: "pending", ids[2]: "pending"}


@by(*REST, *COMMANDS)
def test_edit_what_was_seen_and_not_what_has_changed_since(live: Live, door: Any) -> None:
    before = made(live, name="a")
    after = door.edit(before["id"], {"name": "b"}, version=before["version"])
    assert (after["name"], after["version"]) == ("b", before["version"] + 1)
    with pytest.raises(Refused) as refused:
        door.edit(before["id"], {"name": "c"}, version=before["version"])
    assert (refused.value.kind, str(refused.value)) == (
        "precondition-failed",
        f"Job {before['id']} was changed since you opened it: look at it, then edit it again.",
    )
    assert live.client.job(before["id"])["name"] == "b"


@by()
def test_reschedule(live: Live, door: Any) -> None:
    before, to = made(live), LATER + timedelta(hours=1)
    after = door.reschedule(before["id"], to.isoformat())
    assert (after["state_name"], at(after["run_at"])) == ("pending", to)
    assert at(live.client.job(before["id"])["run_at"]) == to


@by(*REST, *COMMANDS)
def test_run_now(live: Live, door: Any) -> None:
    before = made(live)
    assert door.run_now(before["id"])["id"] == before["id"]
    assert live.client.wait(before["id"], PATIENCE)["state_name"] == "completed"


@by()
def test_cancel(live: Live, door: Any) -> None:
    before = made(live)
    after = door.cancel(before["id"], reason="Twice.")
    assert (after["state_name"], after["reason"]) == ("cancelled", "Twice.")
    with pytest.raises(Refused) as refused:
        door.cancel(before["id"], reason="Again.")
    assert (refused.value.kind, str(refused.value)) == (
        "conflict",
        f"Only a job that has not ended can be cancelled; job {before['id']} is cancelled.",
    )
    assert [line["by"] for line in live.client.job(before["id"])["audit"]] == ["ada"]


@by(*REST, *COMMANDS)
def test_retry_of_a_failed_one(live: Live, door: Any) -> None:
    failed = ended(live, target="demo.fail")
    assert failed["state_name"] == "failed"
    assert door.retry(failed["id"], reason="Once more.")["id"] == failed["id"]
    wait_for(lambda: len(live.client.job(failed["id"])["attempts"]) == 2, "its second start")
    again = live.client.wait(failed["id"], PATIENCE)
    assert (again["state_name"], len(again["attempts"])) == ("failed", 2)


@by()
def test_wait_until_done(live: Live, door: Any) -> None:
    done = door.wait(made(live, run_at="now", target="demo.sleep", payload={"seconds": 0.2})["id"], PATIENCE)
    assert done["state_name"] == "completed"
    later = made(live)["id"]
    with pytest.raises(TimeoutError, match=rf"^Job {later} has not ended within 0.3 s; it is pending\.$"):
        door.wait(later, 0.3)


FAULTS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "a target that nobody knows": (
        {"target": "demo.slep"},
        {"target": "There is no target 'demo.slep'. Did you mean 'demo.sleep'?"},
    ),
    "a wrong payload and a time that has passed": (
        {"payload": {"secs": 1}, "run_at": "2020-01-01T00:00:00Z"},
        {"payload": "Argument 'secs' is not known: demo.noop takes", "run_at": "This time is in the past (it is"},
    ),
}


@by()
@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_refused(live: Live, door: Any, fault: str) -> None:
    (asked, sentences), case = FAULTS[fault], uuid4().hex
    with pytest.raises(Refused) as refused:
        door.create(job(labels={"case": case}) | asked)
    assert (refused.value.kind, refused.value.problems.keys()) == ("invalid", sentences.keys())
    for field, (said,) in refused.value.problems.items():
        assert said.startswith(sentences[field])
    assert not list(live.client.jobs(f"label.case:{case}"))


@by(*REST, *COMMANDS)  # whoever may run Python in the installation has all rights there
def test_whoever_lacks_the_right_changes_nothing(live: Live, door_of_eve: Any) -> None:
    before, case = made(live), uuid4().hex
    with pytest.raises(Refused) as refused:
        door_of_eve.create(job(labels={"case": case}))
    assert refused.value.kind == "permission-denied"
    assert str(refused.value).startswith(
        "This needs the permission 'jobs.add_job', which the user 'eve' does not have."
    )
    with pytest.raises(Refused) as refused:
        door_of_eve.cancel(before["id"], reason="Not mine.")
    assert refused.value.kind == "permission-denied"
    assert live.client.job(before["id"])["state_name"] == "pending"
    assert not list(live.client.jobs(f"label.case:{case}"))
